package org.tailjar.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;

/**
 * A UDP socket for one address family, which sends and receives many datagrams in one call where
 * the kernel can (UDP_SEGMENT, UDP_GRO; udp(7)).
 *
 * <p>One thread receives. Each thread that sends has a {@link #sender} of its own. Closing wakes
 * nobody, see {@link Descriptor}.
 */
public final class UdpSocket implements AutoCloseable {

  /** Bytes of kernel buffer asked for in each direction: a burst at 10 Gbit/s of 5 ms. */
  public static final int BUFFER_BYTES = 7 << 20;

  static final int SOL_UDP = 17;
  static final int UDP_SEGMENT = 103;
  private static final int UDP_GRO = 104;
  private static final int SOCK_DGRAM = 2;
  private static final int SOCK_NONBLOCK = 0x800;
  private static final int SOCK_CLOEXEC = 0x80000;
  private static final int SOL_SOCKET = 1;
  private static final int SO_SNDBUF = 7;
  private static final int SO_RCVBUF = 8;
  private static final int SO_SNDBUFFORCE = 32;
  private static final int SO_RCVBUFFORCE = 33;
  private static final int SO_MARK = 36;
  private static final int SO_REUSEPORT = 15;
  private static final int SO_ATTACH_REUSEPORT_CBPF = 51;
  private static final int IPPROTO_IPV6 = 41;
  private static final int IPV6_V6ONLY = 26;
  private static final int MSG_TRUNC = 0x20;
  private static final int CONTROL_HEADER = 16;

  private final Descriptor descriptor;
  private final boolean ipv6;
  private final int port;
  private final boolean marked;
  private final boolean receiveOffload;
  private volatile boolean segmentationOffload;

  private UdpSocket(
      Descriptor descriptor,
      boolean ipv6,
      int port,
      boolean marked,
      boolean receiveOffload,
      boolean segmentationOffload) {
    this.descriptor = descriptor;
    this.ipv6 = ipv6;
    this.port = port;
    this.marked = marked;
    this.receiveOffload = receiveOffload;
    this.segmentationOffload = segmentationOffload;
  }

  /**
   * Opens a socket on every local address of a family, IPv6 without IPv4.
   *
   * @param port the port, 0 for one that the kernel chooses
   * @param mark firewall mark of all that is sent, 0 for none; without the capability NET_ADMIN the
   *     socket is opened unmarked
   * @throws LinuxException when the port is taken ({@link Errno#EADDRINUSE}) or the kernel lacks
   *     that family ({@link Errno#EAFNOSUPPORT})
   */
  public static UdpSocket bind(boolean ipv6, int port, int mark) throws LinuxException {
    return bind(ipv6, port, mark, UdpOffloads.ALL);
  }

  /**
   * As {@link #bind(boolean, int, int)}.
   *
   * @param offloads those that may be used, where the kernel has them
   * @throws LinuxException when it cannot be opened
   */
  public static UdpSocket bind(boolean ipv6, int port, int mark, UdpOffloads offloads)
      throws LinuxException {
    return bind(ipv6, port, mark, offloads, false);
  }

  /**
   * Opens more sockets on the port of this one, whose datagrams the kernel shares out among this
   * one, which is the first, and them. Called once, before anything is received. This one was bound
   * by itself, so that nobody else had the port.
   *
   * @param count how many more
   * @param mark as this one was given
   * @param offloads as this one was given
   * @return none where the kernel does not do that; this one then goes on alone
   * @throws LinuxException when a socket cannot be made for another reason
   */
  public List<UdpSocket> more(int count, int mark, UdpOffloads offloads, Steering steering)
      throws LinuxException {
    List<UdpSocket> made = new ArrayList<>();
    boolean steered = false;
    try (Arena arena = Arena.ofConfined()) {
      int number = descriptor.acquire();
      try {
        if (set(number, SOL_SOCKET, SO_REUSEPORT, 1, arena.allocate(4, 4))) {
          while (made.size() < count) {
            made.add(bind(ipv6, port, mark, offloads, true));
          }
          MemorySegment program = steering.program(count + 1, arena);
          steered =
              Libc.setsockopt(
                      number,
                      SOL_SOCKET,
                      SO_ATTACH_REUSEPORT_CBPF,
                      program.address(),
                      (int) program.byteSize())
                  == 0;
        }
      } finally {
        if (!steered) {
          set(number, SOL_SOCKET, SO_REUSEPORT, 0, arena.allocate(4, 4));
        }
        descriptor.release();
      }
      return steered ? made : List.of();
    } catch (ClosedDescriptorException e) {
      throw new LinuxException(Errno.EBADF, "more sockets on UDP port " + port);
    } finally {
      if (!steered) {
        made.forEach(UdpSocket::close);
      }
    }
  }

  /** Has nobody else share the port any more, once those that {@link #more} made are closed. */
  public void alone() throws ClosedDescriptorException {
    int number = descriptor.acquire();
    try (Arena arena = Arena.ofConfined()) {
      set(number, SOL_SOCKET, SO_REUSEPORT, 0, arena.allocate(4, 4));
    } finally {
      descriptor.release();
    }
  }

  private static UdpSocket bind(
      boolean ipv6, int port, int mark, UdpOffloads offloads, boolean shared)
      throws LinuxException {
    int family = ipv6 ? UdpAddress.AF_INET6 : UdpAddress.AF_INET;
    int number = Libc.socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (number < 0) {
      throw LinuxException.last("socket for UDP over " + (ipv6 ? "IPv6" : "IPv4"));
    }
    Descriptor descriptor = new Descriptor(number, "UDP socket");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment scratch = arena.allocate(UdpAddress.NATIVE_SIZE + 8, 8);
      if (ipv6) {
        set(number, IPPROTO_IPV6, IPV6_V6ONLY, 1, scratch);
      }
      if (shared) {
        set(number, SOL_SOCKET, SO_REUSEPORT, 1, scratch);
      }
      boolean marked = mark != 0 && set(number, SOL_SOCKET, SO_MARK, mark, scratch);
      if (!set(number, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES, scratch)) {
        set(number, SOL_SOCKET, SO_RCVBUF, BUFFER_BYTES, scratch);
      }
      if (!set(number, SOL_SOCKET, SO_SNDBUFFORCE, BUFFER_BYTES, scratch)) {
        set(number, SOL_SOCKET, SO_SNDBUF, BUFFER_BYTES, scratch);
      }
      // Size 0 changes nothing; a kernel without the option refuses it.
      boolean gso = offloads.segmentation() && set(number, SOL_UDP, UDP_SEGMENT, 0, scratch);
      boolean gro = offloads.receive() && set(number, SOL_UDP, UDP_GRO, 1, scratch);
      UdpAddress any = UdpAddress.of(0, ipv6 ? 0 : 0x0000_ffff_0000_0000L, port);
      if (Libc.bind(number, any.memory().address(), any.nativeLength()) < 0) {
        throw LinuxException.last("bind UDP port " + port);
      }
      scratch.set(ValueLayout.JAVA_INT, UdpAddress.NATIVE_SIZE, UdpAddress.NATIVE_SIZE);
      long length = scratch.address() + UdpAddress.NATIVE_SIZE;
      if (Libc.getsockname(number, scratch.address(), length) < 0) {
        throw LinuxException.last("getsockname");
      }
      Reference.reachabilityFence(any);
      return new UdpSocket(descriptor, ipv6, UdpAddress.port(scratch), marked, gro, gso);
    } catch (LinuxException e) {
      descriptor.close();
      throw e;
    }
  }

  private static boolean set(int number, int level, int name, int value, MemorySegment scratch) {
    scratch.set(ValueLayout.JAVA_INT, 0, value);
    return Libc.setsockopt(number, level, name, scratch.address(), 4) == 0;
  }

  /** For {@link Poll}. */
  public Descriptor descriptor() {
    return descriptor;
  }

  /** Whether this is the socket for IPv6 rather than IPv4. */
  public boolean isIpv6() {
    return ipv6;
  }

  /** The port that it is bound to. */
  public int port() {
    return port;
  }

  /** Whether what is sent bears the mark that was asked for. */
  public boolean isMarked() {
    return marked;
  }

  /** Whether one receive may bring several datagrams. */
  public boolean receiveOffload() {
    return receiveOffload;
  }

  /** Whether several datagrams are sent in one call; may turn false when a device cannot. */
  public boolean segmentationOffload() {
    return segmentationOffload;
  }

  /** Sends one by one from now on; false if that was so already. */
  synchronized boolean disableSegmentationOffload() {
    boolean before = segmentationOffload;
    segmentationOffload = false;
    return before;
  }

  /** A sender for one thread to own. */
  public UdpSender sender() {
    return new UdpSender(this);
  }

  /**
   * Receives without waiting, from one sender, into the start of the buffer.
   *
   * @param buffer off-heap, at least 65,535 bytes so that nothing is cut off
   * @param from takes the sender and the length of each datagram
   * @return bytes received; 0 for what is to be ignored (an empty datagram, one cut off); -1 when
   *     there is nothing
   * @throws ClosedDescriptorException when closed
   * @throws LinuxException when the socket is unusable
   */
  public int receive(MemorySegment buffer, ReceivedFrom from)
      throws ClosedDescriptorException, LinuxException {
    MemorySegment scratch = from.memory();
    long base = scratch.address();
    long capacity = buffer.byteSize();
    long address = NativeMemory.address(buffer, 0, capacity);
    // The kernel writes back all three lengths: set anew for every call.
    scratch.set(ValueLayout.JAVA_LONG, 0, base + ReceivedFrom.NAME);
    scratch.set(ValueLayout.JAVA_LONG, 8, UdpAddress.NATIVE_SIZE);
    scratch.set(ValueLayout.JAVA_LONG, 16, base + ReceivedFrom.VECTOR);
    scratch.set(ValueLayout.JAVA_LONG, 24, 1);
    scratch.set(ValueLayout.JAVA_LONG, 32, base + ReceivedFrom.CONTROL);
    scratch.set(ValueLayout.JAVA_LONG, 40, ReceivedFrom.CONTROL_LENGTH);
    scratch.set(ValueLayout.JAVA_LONG, 48, 0);
    scratch.set(ValueLayout.JAVA_LONG, ReceivedFrom.VECTOR, address);
    scratch.set(ValueLayout.JAVA_LONG, ReceivedFrom.VECTOR + 8, capacity);
    int number = descriptor.acquire();
    try {
      long received = Libc.recvmsg(number, base, 0);
      if (received < 0) {
        return failedReceive(Libc.errno());
      }
      if ((scratch.get(ValueLayout.JAVA_INT, 48) & MSG_TRUNC) != 0
          || scratch.get(ValueLayout.JAVA_INT, 8) == 0) {
        return 0;
      }
      from.datagramLength(segmentLength(scratch, (int) received));
      return (int) received;
    } finally {
      descriptor.release();
      Reference.reachabilityFence(from);
      Reference.reachabilityFence(buffer);
    }
  }

  private static int failedReceive(int errno) throws LinuxException {
    return switch (errno) {
      case Errno.EAGAIN, Errno.ENOMEM, Errno.ENOBUFS -> -1;
      // An ICMP error for something sent earlier, or a signal: the next receive tells more.
      case Errno.EINTR,
          Errno.ECONNREFUSED,
          Errno.EHOSTUNREACH,
          Errno.ENETUNREACH,
          Errno.ENETDOWN,
          Errno.EMSGSIZE ->
          0;
      default -> throw new LinuxException(errno, "receive from the UDP socket");
    };
  }

  private static int segmentLength(MemorySegment scratch, int received) {
    int controlLength = scratch.get(ValueLayout.JAVA_INT, 40);
    int at = 0;
    while (at + CONTROL_HEADER + 4 <= controlLength) {
      long header = ReceivedFrom.CONTROL + at;
      int length = scratch.get(ValueLayout.JAVA_INT, header);
      if (scratch.get(ValueLayout.JAVA_INT, header + 8) == SOL_UDP
          && scratch.get(ValueLayout.JAVA_INT, header + 12) == UDP_GRO) {
        int segment = scratch.get(ValueLayout.JAVA_INT, header + CONTROL_HEADER);
        return segment > 0 && segment < received ? segment : received;
      }
      if (length < CONTROL_HEADER) {
        break;
      }
      at += (length + 7) & ~7;
    }
    return received;
  }

  @Override
  public void close() {
    descriptor.close();
  }

  @Override
  public String toString() {
    return "UDP port " + port + (ipv6 ? " (IPv6)" : " (IPv4)");
  }
}
