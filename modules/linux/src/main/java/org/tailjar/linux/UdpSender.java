package org.tailjar.linux;

import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;

/**
 * Sends on a {@link UdpSocket}; one for each thread, which owns it and its native structures.
 * Allocates nothing per call.
 */
public final class UdpSender {

  private static final System.Logger LOG = System.getLogger("org.tailjar.linux");
  private static final int VECTOR = 64;
  private static final int CONTROL = 96;
  private static final int CONTROL_HEADER = 16;
  private static final int CONTROL_SPACE = 24;
  private static final int MAX_SEGMENTS = 64;
  private static final int MSG_NOSIGNAL = 0x4000;

  /**
   * How long a send waits for room before what it has is lost, as in a full queue of a router. The
   * wait is the tunnel's back pressure: meanwhile nothing is read from the interface, whose queue
   * fills up, so that TCP above it slows down instead of losing packets. It is short, since peers
   * on other ways wait as well.
   */
  private static final long WAIT_NANOS = 20_000_000;

  /** The call to the kernel. */
  @FunctionalInterface
  interface Kernel {
    /**
     * Sends what a struct msghdr says.
     *
     * @return 0, or the number of the error
     */
    int send(int descriptor, long message);
  }

  private final UdpSocket socket;
  private final Kernel kernel;
  private final Poll writable;
  private final MemorySegment scratch = Arena.ofAuto().allocate(CONTROL + CONTROL_SPACE, 8);
  private long calls;
  private long datagrams;

  UdpSender(UdpSocket socket) {
    this(socket, UdpSender::send);
  }

  UdpSender(UdpSocket socket, Kernel kernel) {
    this.socket = socket;
    this.kernel = kernel;
    writable = Poll.writable(socket.descriptor());
    long base = scratch.address();
    scratch.set(ValueLayout.JAVA_LONG, 16, base + VECTOR);
    scratch.set(ValueLayout.JAVA_LONG, 24, 1);
    scratch.set(ValueLayout.JAVA_LONG, CONTROL, CONTROL_HEADER + 2);
    scratch.set(ValueLayout.JAVA_INT, CONTROL + 8, UdpSocket.SOL_UDP);
    scratch.set(ValueLayout.JAVA_INT, CONTROL + 12, UdpSocket.UDP_SEGMENT);
  }

  /** The socket that this sends on. */
  public UdpSocket socket() {
    return socket;
  }

  /** System calls that sent something. */
  public long calls() {
    return calls;
  }

  /** Datagrams sent. */
  public long datagrams() {
    return datagrams;
  }

  /**
   * Sends one datagram, or several of equal length (but the last, which may be shorter) that lie
   * one behind the other.
   *
   * @param buffer off-heap memory
   * @param length bytes of all datagrams together, at most 65,507
   * @param datagramLength bytes of each datagram
   * @param to where to; its family must be the socket's
   * @throws ClosedDescriptorException when the socket is closed
   * @throws LinuxException when the socket is unusable
   * @throws IllegalArgumentException when there is nothing to send, or the family is the other
   */
  public SendResult send(
      MemorySegment buffer, long offset, int length, int datagramLength, UdpAddress to)
      throws ClosedDescriptorException, LinuxException {
    if (length <= 0 || datagramLength <= 0 || to.isIpv4() == socket.isIpv6()) {
      throw new IllegalArgumentException(
          "send " + length + " bytes in datagrams of " + datagramLength + " to " + to);
    }
    long address = NativeMemory.address(buffer, offset, length);
    if (to.port() == 0) {
      return SendResult.UNREACHABLE;
    }
    int segments = (length + datagramLength - 1) / datagramLength;
    scratch.set(ValueLayout.JAVA_LONG, 0, to.memory().address());
    scratch.set(ValueLayout.JAVA_LONG, 8, to.nativeLength());
    int number = socket.descriptor().acquire();
    try {
      if (segments > 1 && segments <= MAX_SEGMENTS && socket.segmentationOffload()) {
        scratch.set(ValueLayout.JAVA_SHORT, CONTROL + CONTROL_HEADER, (short) datagramLength);
        int errno = call(number, address, length, true);
        if (errno == 0) {
          datagrams += segments;
          return SendResult.SENT;
        }
        // EIO: the device cannot complete the checksums. EINVAL, EMSGSIZE: a datagram is longer
        // than the device takes in one piece; without segmentation the kernel makes IP fragments.
        if (errno == Errno.EIO) {
          if (socket.disableSegmentationOffload()) {
            LOG.log(
                Level.DEBUG,
                "{0}: a device without checksum offload takes no segments (EIO): datagrams are"
                    + " sent one by one from now on",
                socket);
          }
        } else if (errno != Errno.EINVAL && errno != Errno.EMSGSIZE) {
          return result(errno);
        }
      }
      return sendEach(number, address, length, datagramLength);
    } finally {
      socket.descriptor().release();
      Reference.reachabilityFence(this);
      Reference.reachabilityFence(to);
      Reference.reachabilityFence(buffer);
    }
  }

  private SendResult sendEach(int number, long address, int length, int datagramLength)
      throws ClosedDescriptorException, LinuxException {
    SendResult worst = SendResult.SENT;
    for (int at = 0; at < length; at += datagramLength) {
      int errno = call(number, address + at, Math.min(datagramLength, length - at), false);
      if (errno == 0) {
        datagrams++;
      } else {
        worst = result(errno);
        if (worst != SendResult.TOO_LONG) {
          return worst;
        }
      }
    }
    return worst;
  }

  /** One send, tried again after a wait if the kernel has no room; 0 or the error. */
  private int call(int number, long address, int length, boolean segmented)
      throws ClosedDescriptorException, LinuxException {
    scratch.set(ValueLayout.JAVA_LONG, VECTOR, address);
    scratch.set(ValueLayout.JAVA_LONG, VECTOR + 8, length);
    scratch.set(ValueLayout.JAVA_LONG, 32, segmented ? scratch.address() + CONTROL : 0);
    scratch.set(ValueLayout.JAVA_LONG, 40, segmented ? CONTROL_SPACE : 0);
    scratch.set(ValueLayout.JAVA_LONG, 48, 0);
    boolean waited = false;
    while (true) {
      int errno = kernel.send(number, scratch.address());
      if (errno == 0) {
        calls++;
        return 0;
      }
      if (errno == Errno.EAGAIN && !waited) {
        waited = true;
        writable.await(WAIT_NANOS);
      } else if (errno != Errno.EINTR && errno != Errno.ECONNREFUSED) {
        return errno;
      }
    }
  }

  private static int send(int descriptor, long message) {
    return Libc.sendmsg(descriptor, message, MSG_NOSIGNAL) >= 0 ? 0 : Libc.errno();
  }

  static SendResult result(int errno) throws LinuxException {
    return switch (errno) {
      case Errno.EAGAIN, Errno.ENOBUFS, Errno.ENOMEM -> SendResult.FULL;
      case Errno.EMSGSIZE -> SendResult.TOO_LONG;
      case Errno.ENETUNREACH,
          Errno.EHOSTUNREACH,
          Errno.ENETDOWN,
          Errno.EADDRNOTAVAIL,
          Errno.EACCES,
          Errno.EPERM,
          Errno.EINVAL,
          Errno.ENODEV,
          Errno.EIO ->
          SendResult.UNREACHABLE;
      default -> throw new LinuxException(errno, "send on the UDP socket");
    };
  }
}
