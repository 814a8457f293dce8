package org.tailjar.tun;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicLong;
import org.tailjar.linux.ClosedDescriptorException;
import org.tailjar.linux.Errno;
import org.tailjar.linux.EventDescriptor;
import org.tailjar.linux.IoVector;
import org.tailjar.linux.LinuxException;
import org.tailjar.linux.Netlink;
import org.tailjar.linux.NetworkLink;
import org.tailjar.linux.Poll;
import org.tailjar.linux.TunDescriptor;
import org.tailjar.packet.GatherPacket;
import org.tailjar.packet.PacketDevice;
import org.tailjar.packet.SuperPacket;

/**
 * A TUN interface of Linux, with TCP and UDP segmentation offload where the kernel has them: one
 * read or write then carries up to 64 KiB of one flow.
 *
 * <p>Ahead of each packet lies a header (struct virtio_net_hdr, virtio 1.2 5.1.6, in the byte order
 * of the machine) that says what is still to be done to it. The interface disappears when the
 * device is closed, or the process ends.
 */
public final class TunDevice implements PacketDevice {

  private static final int HEADER = TunDescriptor.HEADER_LENGTH;
  private static final int FLAGS = 0;
  private static final int GSO_TYPE = 1;
  private static final int HEADER_BYTES = 2;
  private static final int GSO_SIZE = 4;
  private static final int CHECKSUM_START = 6;
  private static final int CHECKSUM_OFFSET = 8;
  private static final int NEEDS_CHECKSUM = 1;
  private static final int GSO_NONE = 0;
  private static final int GSO_TCP4 = 1;
  private static final int GSO_TCP6 = 4;
  private static final int GSO_UDP = 5;
  private static final int GSO_ECN = 0x80;
  private static final int MAX_PIECES = 1023;

  private final TunDescriptor descriptor;
  private final int mtu;
  private final boolean header;
  private final boolean tcp;
  private final boolean udp;
  private final EventDescriptor event;
  private final Poll readable;
  private final MemorySegment writeHeader = Arena.ofAuto().allocate(HEADER, 8);
  private final IoVector vector = new IoVector(MAX_PIECES + 1);

  /** Of the thread that reads, which may write while the other one does. */
  private final IoVector back = new IoVector(1);

  private final AtomicLong refused = new AtomicLong();
  private final AtomicLong unknown = new AtomicLong();

  private TunDevice(
      TunDescriptor descriptor,
      EventDescriptor event,
      int mtu,
      boolean header,
      boolean tcp,
      boolean udp) {
    this.descriptor = descriptor;
    this.event = event;
    this.mtu = mtu;
    this.header = header;
    this.tcp = tcp;
    this.udp = udp;
    readable = new Poll(descriptor.descriptor(), event.descriptor());
  }

  /**
   * Makes the interface and sets its MTU; it stays switched off and without addresses, see {@link
   * Router}.
   *
   * @throws TunException when it cannot be made
   */
  public static TunDevice open(TunConfig config) throws TunException {
    boolean header = config.tcpOffload();
    TunDescriptor descriptor = make(config, header);
    try {
      boolean udp = header && config.udpOffload() && offloads(descriptor, true);
      boolean tcp = udp || (header && offloads(descriptor, false));
      try (Netlink netlink = Netlink.open()) {
        // Somebody may have renamed or removed it in this very moment.
        NetworkLink link =
            netlink
                .link(descriptor.name())
                .orElseThrow(
                    () ->
                        new LinuxException(
                            Errno.ENODEV, "find the interface " + descriptor.name()));
        netlink.setMtu(link.index(), config.mtu());
      }
      return new TunDevice(descriptor, EventDescriptor.open(), config.mtu(), header, tcp, udp);
    } catch (IOException e) {
      descriptor.close();
      throw new TunException(TunException.Kind.OTHER, e.getMessage(), e);
    }
  }

  private static boolean offloads(TunDescriptor descriptor, boolean udp)
      throws ClosedDescriptorException {
    int flags = TunDescriptor.CHECKSUM | TunDescriptor.TCP4 | TunDescriptor.TCP6;
    return descriptor.setOffloads(udp ? flags | TunDescriptor.UDP4 | TunDescriptor.UDP6 : flags);
  }

  private static TunDescriptor make(TunConfig config, boolean header) throws TunException {
    String name = config.name();
    if (!name.matches("[!-.0-9;-~]{1," + TunDescriptor.MAX_NAME + "}") || name.contains("%")) {
      throw new TunException(
          TunException.Kind.BAD_NAME, "\"" + name + "\" cannot be the name of an interface");
    }
    try {
      return TunDescriptor.open(config.device(), name, header);
    } catch (LinuxException e) {
      throw explained(config, e);
    }
  }

  private static TunException explained(TunConfig config, LinuxException e) {
    return switch (e.errno()) {
      case Errno.ENOENT, Errno.ENODEV, Errno.ENXIO ->
          new TunException(
              TunException.Kind.NO_DEVICE,
              config.device()
                  + " is missing: give it to the container (--device /dev/net/tun) and load the"
                  + " kernel module tun on the host",
              e);
      case Errno.EACCES ->
          new TunException(
              TunException.Kind.DEVICE_REFUSED,
              config.device() + " may not be opened: give it to the container and to this user",
              e);
      case Errno.EPERM ->
          new TunException(
              TunException.Kind.NOT_PERMITTED,
              "no right to make a network interface: add the capability NET_ADMIN",
              e);
      case Errno.EBUSY ->
          new TunException(
              TunException.Kind.NAME_IN_USE,
              "the interface " + config.name() + " is in use by another program",
              e);
      case Errno.EINVAL ->
          new TunException(
              TunException.Kind.NAME_IN_USE,
              "the interface " + config.name() + " exists and is no TUN device, or its name is bad",
              e);
      default -> new TunException(TunException.Kind.OTHER, e.getMessage(), e);
    };
  }

  @Override
  public String name() {
    return descriptor.name();
  }

  @Override
  public int mtu() {
    return mtu;
  }

  /** Whether TCP super-packets are read and written. */
  @Override
  public boolean mergesTcp() {
    return tcp;
  }

  @Override
  public boolean mergesUdp() {
    return udp;
  }

  /** Packets that the kernel did not take: not well-formed, or the interface is switched off. */
  public long refusedWrites() {
    return refused.get();
  }

  /** Packets from the kernel that were dropped since their header is none that was agreed. */
  public long unknownReads() {
    return unknown.get();
  }

  @Override
  public boolean read(SuperPacket into) throws IOException {
    int ahead = header ? HEADER : 0;
    while (true) {
      int at = into.start() - ahead;
      int read = descriptor.read(into.memory(), at, ahead + SuperPacket.MAX_LENGTH);
      if (read < 0) {
        return false;
      }
      if (read > ahead && (!header || parse(into, at, read - ahead))) {
        if (!header) {
          into.set(read);
        }
        return true;
      }
      unknown.lazySet(unknown.get() + 1);
    }
  }

  private static boolean parse(SuperPacket into, int at, int length) {
    MemorySegment memory = into.memory();
    boolean needsChecksum = (memory.get(ValueLayout.JAVA_BYTE, at + FLAGS) & NEEDS_CHECKSUM) != 0;
    int type = memory.get(ValueLayout.JAVA_BYTE, at + GSO_TYPE) & 0xff & ~GSO_ECN;
    int checksumStart = unsignedShort(memory, at + CHECKSUM_START);
    int checksumOffset = unsignedShort(memory, at + CHECKSUM_OFFSET);
    if (type == GSO_NONE) {
      if (needsChecksum) {
        into.set(length, SuperPacket.Offload.CHECKSUM, 0, checksumStart, checksumOffset);
      } else {
        into.set(length);
      }
      return true;
    }
    if (!needsChecksum || (type != GSO_TCP4 && type != GSO_TCP6 && type != GSO_UDP)) {
      return false;
    }
    into.set(
        length,
        type == GSO_UDP ? SuperPacket.Offload.UDP : SuperPacket.Offload.TCP,
        unsignedShort(memory, at + GSO_SIZE),
        checksumStart,
        checksumOffset);
    return true;
  }

  @Override
  public void awaitReadable(long timeoutNanos) throws IOException {
    if ((readable.await(timeoutNanos) & 2) != 0) {
      event.drain();
    }
  }

  @Override
  public void wake() {
    event.signal();
  }

  @Override
  public void write(GatherPacket packet) throws IOException {
    int pieces = packet.pieces();
    if (pieces > MAX_PIECES) {
      throw new IllegalArgumentException("a packet of " + pieces + " pieces");
    }
    vector.clear();
    if (header) {
      fillHeader(packet);
      vector.add(writeHeader, 0, HEADER);
    } else if (packet.offload() != SuperPacket.Offload.NONE) {
      throw new IllegalArgumentException("a super-packet for a device without offloads");
    }
    MemorySegment memory = packet.memory();
    for (int i = 0; i < pieces; i++) {
      vector.add(memory, packet.offset(i), packet.length(i));
    }
    if (descriptor.write(vector) != 0) {
      refused.incrementAndGet();
    }
  }

  /** The header that the kernel gave with the packet lies ahead of it still, and says it all. */
  @Override
  public void writeBack(SuperPacket packet) throws IOException {
    int ahead = header ? HEADER : 0;
    back.clear();
    back.add(packet.memory(), packet.start() - ahead, ahead + packet.length());
    if (descriptor.write(back) != 0) {
      refused.incrementAndGet();
    }
  }

  private void fillHeader(GatherPacket packet) {
    writeHeader.fill((byte) 0);
    if (packet.offload() == SuperPacket.Offload.NONE) {
      return;
    }
    writeHeader.set(ValueLayout.JAVA_BYTE, FLAGS, (byte) NEEDS_CHECKSUM);
    putShort(CHECKSUM_START, packet.checksumStart());
    putShort(CHECKSUM_OFFSET, packet.checksumOffset());
    if (packet.offload() == SuperPacket.Offload.CHECKSUM) {
      return;
    }
    boolean ipv4 = packet.memory().get(ValueLayout.JAVA_BYTE, packet.offset(0)) >>> 4 == 4;
    int type = packet.offload() == SuperPacket.Offload.UDP ? GSO_UDP : ipv4 ? GSO_TCP4 : GSO_TCP6;
    writeHeader.set(ValueLayout.JAVA_BYTE, GSO_TYPE, (byte) type);
    putShort(HEADER_BYTES, packet.headerLength());
    putShort(GSO_SIZE, packet.segmentSize());
  }

  @Override
  public void close() {
    // In this order: a thread that the signal wakes must find the device closed.
    descriptor.close();
    event.signal();
    event.close();
  }

  private static int unsignedShort(MemorySegment memory, long at) {
    return memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, at) & 0xffff;
  }

  private void putShort(int at, int value) {
    writeHeader.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, (short) value);
  }
}
