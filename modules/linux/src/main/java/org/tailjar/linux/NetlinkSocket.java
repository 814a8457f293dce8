package org.tailjar.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** Sends requests to routing netlink and collects the answers, one request at a time. */
final class NetlinkSocket implements AutoCloseable {

  private static final int AF_NETLINK = 16;
  private static final int SOCK_RAW = 3;
  private static final int SOCK_CLOEXEC = 0x80000;
  private static final int SOL_SOCKET = 1;
  private static final int SO_RCVTIMEO = 20;
  private static final int SOL_NETLINK = 270;
  private static final int NETLINK_CAP_ACK = 10;
  private static final int NETLINK_EXT_ACK = 11;
  private static final int BUFFER = 64 << 10;
  private static final int TIMEOUT_SECONDS = 5;

  private final Arena arena = Arena.ofAuto();
  private final MemorySegment buffer = arena.allocate(BUFFER, 8);
  private final Descriptor descriptor;
  private int sequence;

  NetlinkSocket() throws LinuxException {
    int number = Libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (number < 0) {
      throw LinuxException.last("open a netlink socket");
    }
    descriptor = new Descriptor(number, "netlink socket");
    buffer.set(ValueLayout.JAVA_INT, 0, 1);
    // Both only make error answers shorter and clearer; old kernels lack them.
    Libc.setsockopt(number, SOL_NETLINK, NETLINK_EXT_ACK, buffer.address(), 4);
    Libc.setsockopt(number, SOL_NETLINK, NETLINK_CAP_ACK, buffer.address(), 4);
    buffer.set(ValueLayout.JAVA_LONG, 0, TIMEOUT_SECONDS);
    buffer.set(ValueLayout.JAVA_LONG, 8, 0);
    Libc.setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, buffer.address(), 16);
  }

  /**
   * Sends a request and waits for all its answers; an acknowledgement is not among them.
   *
   * @param what what the request is for, for the error message
   */
  synchronized List<NetlinkReply> request(NetlinkMessage message, String what)
      throws LinuxException, ClosedDescriptorException {
    int mine = ++sequence;
    byte[] bytes = message.bytes(mine);
    int number = descriptor.acquire();
    try {
      MemorySegment.copy(bytes, 0, buffer, ValueLayout.JAVA_BYTE, 0, bytes.length);
      if (Libc.send(number, buffer.address(), bytes.length, 0) < 0) {
        throw LinuxException.last(what);
      }
      List<NetlinkReply> answers = new ArrayList<>();
      while (true) {
        long length = Libc.recv(number, buffer.address(), BUFFER, 0);
        if (length < 0) {
          int errno = Libc.errno();
          if (errno == Errno.EINTR) {
            continue;
          }
          throw new LinuxException(errno, what);
        }
        byte[] datagram = new byte[(int) length];
        MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, 0, datagram, 0, datagram.length);
        for (NetlinkReply reply : NetlinkReply.parse(datagram, datagram.length)) {
          if (reply.sequence() != mine) {
            continue;
          }
          if (reply.type() == NetlinkReply.ERROR || reply.type() == NetlinkReply.DONE) {
            if (reply.errno() != 0) {
              throw new LinuxException(reply.errno(), what, reply.errorText());
            }
            return answers;
          }
          answers.add(reply);
        }
      }
    } finally {
      descriptor.release();
    }
  }

  @Override
  public void close() {
    descriptor.close();
  }
}
