package org.tailjar.tun;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.tailjar.linux.ClosedDescriptorException;
import org.tailjar.linux.Errno;
import org.tailjar.linux.LinuxException;
import org.tailjar.linux.Netlink;
import org.tailjar.linux.NetworkLink;
import org.tailjar.linux.TunDescriptor;
import org.tailjar.packet.GatherPacket;
import org.tailjar.packet.PacketDevice;
import org.tailjar.packet.PacketQueue;
import org.tailjar.packet.PacketWriter;
import org.tailjar.packet.SuperPacket;

/**
 * A TUN interface of Linux, with TCP and UDP segmentation offload where the kernel has them: one
 * read or write then carries up to 64 KiB of one flow. The interface disappears when the device is
 * closed, or the process ends.
 *
 * <p>If it has several queues, the kernel chooses one for each flow by a hash of addresses and
 * ports, the same for both directions. Fragments have no ports, so they may come by another queue
 * than the whole packets of their flow.
 */
public final class TunDevice implements PacketDevice {

  private static final Logger LOG = System.getLogger("org.tailjar.tun");

  private final List<TunQueue> queues;
  private final TunDescriptor written;
  private final int mtu;
  private final boolean header;
  private final TunWriter writer;
  private final AtomicLong refused = new AtomicLong();

  private TunDevice(
      List<TunDescriptor> descriptors, int mtu, boolean header, boolean tcp, boolean udp)
      throws LinuxException {
    written = descriptors.getLast();
    this.mtu = mtu;
    this.header = header;
    writer = new TunWriter(written, header, tcp, udp, refused);
    List<TunQueue> made = new ArrayList<>();
    for (TunDescriptor read :
        descriptors.size() == 1 ? descriptors : descriptors.subList(0, descriptors.size() - 1)) {
      made.add(new TunQueue(read, written, header, refused));
    }
    queues = List.copyOf(made);
  }

  /**
   * Makes the interface and sets its MTU; it stays switched off and without addresses, see {@link
   * Router}.
   *
   * @throws TunException when it cannot be made
   */
  public static TunDevice open(TunConfig config) throws TunException {
    return open(config, line -> LOG.log(Level.INFO, line));
  }

  static TunDevice open(TunConfig config, Consumer<String> info) throws TunException {
    boolean header = config.tcpOffload();
    List<TunDescriptor> descriptors = make(config, header, info);
    TunDescriptor first = descriptors.getFirst();
    try {
      // Of the interface, whichever of its queues is asked.
      boolean udp = header && config.udpOffload() && offloads(first, true);
      boolean tcp = udp || (header && offloads(first, false));
      try (Netlink netlink = Netlink.open()) {
        // Somebody may have renamed or removed it in this very moment.
        NetworkLink link =
            netlink
                .link(first.name())
                .orElseThrow(
                    () -> new LinuxException(Errno.ENODEV, "find the interface " + first.name()));
        netlink.setMtu(link.index(), config.mtu());
      }
      return new TunDevice(descriptors, config.mtu(), header, tcp, udp);
    } catch (IOException e) {
      descriptors.forEach(TunDescriptor::close);
      throw new TunException(TunException.Kind.OTHER, e.getMessage(), e);
    }
  }

  private static boolean offloads(TunDescriptor descriptor, boolean udp)
      throws ClosedDescriptorException {
    int flags = TunDescriptor.CHECKSUM | TunDescriptor.TCP4 | TunDescriptor.TCP6;
    return descriptor.setOffloads(udp ? flags | TunDescriptor.UDP4 | TunDescriptor.UDP6 : flags);
  }

  /** What is read and written: one descriptor for both, or several to read and one to write. */
  private static List<TunDescriptor> make(TunConfig config, boolean header, Consumer<String> info)
      throws TunException {
    String name = config.name();
    if (!name.matches("[!-.0-9;-~]{1," + TunDescriptor.MAX_NAME + "}") || name.contains("%")) {
      throw new TunException(
          TunException.Kind.BAD_NAME, "\"" + name + "\" cannot be the name of an interface");
    }
    String refusal = "";
    if (config.queues() > 1) {
      try {
        return makeQueued(config, header);
      } catch (IOException e) {
        refusal = String.valueOf(e.getMessage()); // what one queue fails with is reported
      }
    }
    try {
      TunDescriptor only = TunDescriptor.open(config.device(), name, header);
      if (!refusal.isEmpty()) {
        info.accept(
            "%s has one queue and not %d, so one thread sends: %s"
                .formatted(name, config.queues(), refusal));
      }
      return List.of(only);
    } catch (LinuxException e) {
      throw explained(config, e);
    }
  }

  /**
   * Descriptors of an interface with several queues, the last one to write on: if it was also read,
   * the kernel would move every flow that has answers to it, and with them all work to one thread.
   */
  private static List<TunDescriptor> makeQueued(TunConfig config, boolean header)
      throws IOException {
    List<TunDescriptor> made = new ArrayList<>();
    try {
      TunDescriptor first = TunDescriptor.openQueued(config.device(), config.name(), header);
      made.add(first);
      while (made.size() <= config.queues()) {
        made.add(first.addQueue());
      }
      made.getLast().detach();
      return made;
    } catch (IOException e) {
      made.forEach(TunDescriptor::close);
      throw e;
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
    return written.name();
  }

  @Override
  public int mtu() {
    return mtu;
  }

  @Override
  public List<PacketQueue> queues() {
    return List.copyOf(queues);
  }

  /** Whether TCP super-packets are read and written. */
  @Override
  public boolean mergesTcp() {
    return writer.mergesTcp();
  }

  @Override
  public boolean mergesUdp() {
    return writer.mergesUdp();
  }

  /** Packets that the kernel did not take: not well-formed, or the interface is switched off. */
  public long refusedWrites() {
    return refused.get();
  }

  /** Packets from the kernel that were dropped since their header is none that was agreed. */
  public long unknownReads() {
    return queues.stream().mapToLong(TunQueue::unknownReads).sum();
  }

  @Override
  public boolean read(SuperPacket into) throws IOException {
    return queues.getFirst().read(into);
  }

  @Override
  public void awaitReadable(long timeoutNanos) throws IOException {
    queues.getFirst().awaitReadable(timeoutNanos);
  }

  @Override
  public void wake() {
    queues.getFirst().wake();
  }

  @Override
  public void write(GatherPacket packet) throws IOException {
    writer.write(packet);
  }

  @Override
  public PacketWriter writer() {
    return new TunWriter(written, header, writer.mergesTcp(), writer.mergesUdp(), refused);
  }

  @Override
  public void writeBack(SuperPacket packet) throws IOException {
    queues.getFirst().writeBack(packet);
  }

  @Override
  public void close() {
    written.close();
    queues.forEach(TunQueue::close);
  }
}
