package org.tailjar.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;

/**
 * The descriptor of a TUN interface (Documentation/networking/tuntap.rst); the interface lives as
 * long as it. Never waits: poll {@link #descriptor} instead.
 */
public final class TunDescriptor implements AutoCloseable {

  /** Offload: the kernel may leave transport checksums open (TUN_F_CSUM). */
  public static final int CHECKSUM = 0x01;

  /** Offload: TCP super-packets over IPv4 (TUN_F_TSO4). */
  public static final int TCP4 = 0x02;

  /** Offload: TCP super-packets over IPv6 (TUN_F_TSO6). */
  public static final int TCP6 = 0x04;

  /** Offload: UDP super-packets over IPv4 (TUN_F_USO4); only together with {@link #UDP6}. */
  public static final int UDP4 = 0x20;

  /** Offload: UDP super-packets over IPv6 (TUN_F_USO6). */
  public static final int UDP6 = 0x40;

  /** Bytes of the header ahead of each packet, if one was asked for (struct virtio_net_hdr). */
  public static final int HEADER_LENGTH = 10;

  /** Longest name of an interface. */
  public static final int MAX_NAME = 15;

  private static final int O_RDWR = 2;
  private static final int O_NONBLOCK = 0x800;
  private static final int O_CLOEXEC = 0x80000;
  private static final long TUNSETIFF = 0x400454caL;
  private static final long TUNSETOFFLOAD = 0x400454d0L;
  private static final long TUNSETVNETHDRSZ = 0x400454d8L;
  private static final long TUNSETOWNER = 0x400454ccL;
  private static final long TUNGETIFF = 0x800454d2L;
  private static final long TUNSETQUEUE = 0x400454d9L;
  private static final int IFF_TUN = 0x0001;
  private static final int IFF_MULTI_QUEUE = 0x0100;
  private static final int IFF_DETACH_QUEUE = 0x0400;
  private static final int IFF_NO_PI = 0x1000;
  private static final int IFF_VNET_HDR = 0x4000;
  private static final int IFF_TUN_EXCL = 0x8000;
  private static final int REQUEST = 40;
  private static final int REQUEST_FLAGS = 16;
  private static final long ROOT = 0;

  private final Descriptor descriptor;
  private final String device;
  private final String name;
  private final int flags;

  private TunDescriptor(Descriptor descriptor, String device, String name, int flags) {
    this.descriptor = descriptor;
    this.device = device;
    this.name = name;
    this.flags = flags;
  }

  /**
   * Makes an interface.
   *
   * @param device the device file, {@code /dev/net/tun}
   * @param name name of the interface; {@code %d} in it stands for a free number
   * @param header whether each packet read or written has a header of {@link #HEADER_LENGTH} bytes
   * @throws LinuxException when it cannot be made: {@link Errno#ENOENT} or {@link Errno#ENODEV} (no
   *     TUN here), {@link Errno#EACCES} (the device may not be opened), {@link Errno#EPERM} (no
   *     NET_ADMIN), {@link Errno#EBUSY} (name in use)
   * @throws IllegalArgumentException when the name is empty or too long
   */
  public static TunDescriptor open(String device, String name, boolean header)
      throws LinuxException {
    return open(device, name, flags(header), 0);
  }

  /**
   * Makes an interface that {@link #addQueue} gives more queues: each of them is read apart, and
   * the kernel chooses one for each flow, by a hash of addresses and ports.
   *
   * @throws LinuxException as {@link #open}; {@link Errno#EBUSY} also if the interface exists and
   *     nobody uses it, {@link Errno#EINVAL} on a kernel that has no such interfaces
   */
  public static TunDescriptor openQueued(String device, String name, boolean header)
      throws LinuxException {
    // Without IFF_TUN_EXCL this would become a queue of another program's interface.
    return open(device, name, flags(header) | IFF_MULTI_QUEUE, IFF_TUN_EXCL);
  }

  private static int flags(boolean header) {
    return IFF_TUN | IFF_NO_PI | (header ? IFF_VNET_HDR : 0);
  }

  private static TunDescriptor open(String device, String name, int flags, int once)
      throws LinuxException {
    byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
    if (bytes.length == 0 || bytes.length > MAX_NAME) {
      throw new IllegalArgumentException("not the name of an interface: " + name);
    }
    try (Arena arena = Arena.ofConfined()) {
      int number =
          Libc.open(arena.allocateFrom(device).address(), O_RDWR | O_NONBLOCK | O_CLOEXEC, 0);
      if (number < 0) {
        // A control group without the device says EPERM, which stands for NET_ADMIN below.
        int errno = Libc.errno();
        throw new LinuxException(errno == Errno.EPERM ? Errno.EACCES : errno, "open " + device);
      }
      Descriptor descriptor = new Descriptor(number, "TUN device " + name);
      try {
        MemorySegment request = arena.allocate(REQUEST, 8);
        MemorySegment.copy(bytes, 0, request, ValueLayout.JAVA_BYTE, 0, bytes.length);
        request.set(ValueLayout.JAVA_SHORT, REQUEST_FLAGS, (short) (flags | once));
        if (Libc.ioctl(number, TUNSETIFF, request.address()) < 0) {
          throw LinuxException.last("make the interface " + name);
        }
        // An interface without an owner gives a queue to anybody who may open the device file.
        if (once != 0 && Libc.ioctl(number, TUNSETOWNER, ROOT) < 0) {
          throw LinuxException.last("set the owner of " + name);
        }
        if ((flags & IFF_VNET_HDR) != 0) {
          MemorySegment size = arena.allocateFrom(ValueLayout.JAVA_INT, HEADER_LENGTH);
          if (Libc.ioctl(number, TUNSETVNETHDRSZ, size.address()) < 0) {
            throw LinuxException.last("set the header length of " + name);
          }
        }
        return new TunDescriptor(
            descriptor, device, request.getString(0, StandardCharsets.US_ASCII), flags);
      } catch (LinuxException e) {
        descriptor.close();
        throw e;
      }
    }
  }

  /**
   * One more queue of an interface that {@link #openQueued} made.
   *
   * @throws ClosedDescriptorException when closed
   * @throws LinuxException when the kernel has no more, or the interface was renamed
   */
  public TunDescriptor addQueue() throws ClosedDescriptorException, LinuxException {
    TunDescriptor added = open(device, name, flags, 0);
    try {
      // Under another name it would be an interface of its own, see IFF_TUN_EXCL.
      if (!currentName().equals(added.name)) {
        throw new LinuxException(Errno.ENODEV, "find the interface " + name);
      }
      return added;
    } catch (ClosedDescriptorException | LinuxException e) {
      added.close();
      throw e;
    }
  }

  /**
   * Takes this queue out of those that the kernel chooses from: nothing is read here any more, and
   * what is written does not tell the kernel where to put the packets of that flow. Without that a
   * flow goes, from the first packet of it that is written, to the queue that this was written to.
   *
   * @throws ClosedDescriptorException when closed
   * @throws LinuxException when this is the descriptor of an interface with one queue
   */
  public void detach() throws ClosedDescriptorException, LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment request = arena.allocate(REQUEST, 8);
      request.set(ValueLayout.JAVA_SHORT, REQUEST_FLAGS, (short) IFF_DETACH_QUEUE);
      control(TUNSETQUEUE, request.address(), "detach a queue of ");
    }
  }

  private String currentName() throws ClosedDescriptorException, LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment request = arena.allocate(REQUEST, 8);
      control(TUNGETIFF, request.address(), "ask the name of ");
      return request.getString(0, StandardCharsets.US_ASCII);
    }
  }

  private void control(long request, long argument, String what)
      throws ClosedDescriptorException, LinuxException {
    int number = descriptor.acquire();
    try {
      if (Libc.ioctl(number, request, argument) < 0) {
        throw LinuxException.last(what + name);
      }
    } finally {
      descriptor.release();
    }
  }

  /** For {@link Poll}. */
  public Descriptor descriptor() {
    return descriptor;
  }

  /** The name that the kernel gave the interface. */
  public String name() {
    return name;
  }

  /**
   * Says what this side is ready to do for the kernel.
   *
   * @param flags of {@link #CHECKSUM} and its neighbours
   * @return false when this kernel does not know them all; nothing has then changed
   * @throws ClosedDescriptorException when closed
   */
  public boolean setOffloads(int flags) throws ClosedDescriptorException {
    int number = descriptor.acquire();
    try {
      return Libc.ioctl(number, TUNSETOFFLOAD, flags) == 0;
    } finally {
      descriptor.release();
    }
  }

  /**
   * Reads a packet with its header.
   *
   * @param length room in bytes; what is longer is cut off by the kernel
   * @return bytes read, or -1 when there is nothing
   * @throws ClosedDescriptorException when closed
   * @throws LinuxException when the interface is gone
   */
  public int read(MemorySegment memory, long offset, int length)
      throws ClosedDescriptorException, LinuxException {
    long address = NativeMemory.address(memory, offset, length);
    int number = descriptor.acquire();
    try {
      long read = Libc.read(number, address, length);
      if (read >= 0) {
        return (int) read;
      }
      int errno = Libc.errno();
      if (errno == Errno.EAGAIN || errno == Errno.EINTR || errno == Errno.ENOMEM) {
        return -1;
      }
      throw new LinuxException(errno, "read from the interface " + name);
    } finally {
      descriptor.release();
      Reference.reachabilityFence(memory);
    }
  }

  /**
   * Writes one packet with its header.
   *
   * @return 0 when it was taken, or the error number for which it was refused, such as {@link
   *     Errno#EINVAL} (not well-formed) or {@link Errno#EIO} (interface down)
   * @throws ClosedDescriptorException when closed
   * @throws LinuxException when the interface is gone
   */
  public int write(IoVector packet) throws ClosedDescriptorException, LinuxException {
    int number = descriptor.acquire();
    try {
      while (Libc.writev(number, packet.address(), packet.count()) < 0) {
        int errno = Libc.errno();
        if (errno == Errno.EBADFD || errno == Errno.EBADF) {
          throw new LinuxException(errno, "write to the interface " + name);
        }
        if (errno != Errno.EINTR) {
          return errno;
        }
      }
      return 0;
    } finally {
      descriptor.release();
      Reference.reachabilityFence(packet);
    }
  }

  @Override
  public void close() {
    descriptor.close();
  }
}
