package org.tailjar.dataplane;

import java.io.IOException;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.Aead;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.filter.FilterRule;
import org.tailjar.filter.FlowTable;
import org.tailjar.filter.PacketFilter;
import org.tailjar.magicsock.Endpoint;
import org.tailjar.packet.IpPrefix;
import org.tailjar.wireguard.Timings;
import org.tailjar.wireguard.WireGuard;

/**
 * The two halves of a {@link DataPlane} without their threads: the caller has each run as long as
 * there is something for it to do, so that its time can be told from that of the other.
 */
final class SteppedPlane {

  private record Neighbour(NodePublicKey key) implements Endpoint {}

  private final NodePrivateKey key = NodePrivateKey.generate();
  private final IpPrefix address;
  private final MemoryDevice device;
  private final MemoryPaths paths = new MemoryPaths();
  private final Statistics statistics = new Statistics(1, 1);
  private final Inbox inbox = new Inbox();
  private final Staging staging = new Staging();
  private final Transmitter transmitter;
  private final Receiver receiver;
  private Links links = Links.EMPTY;
  private boolean looked;
  private boolean wantsHandshake;

  private final class Requests implements Transmitter.Requests {
    @Override
    public void handshake(PeerLink link) {
      wantsHandshake = true;
      inbox.add(() -> receiver.handshake(link));
    }

    @Override
    public Links links() {
      return links;
    }

    @Override
    public @Nullable ServiceTurn service() {
      return null;
    }

    @Override
    public boolean isClosed() {
      return device.isEmpty();
    }
  }

  SteppedPlane(String address, MemoryDevice device, Aead aead) {
    this.address = IpPrefix.parse(address);
    this.device = device;
    FlowTable flows = new FlowTable();
    WireGuard wireGuard =
        new WireGuard(key, aead, Timings.STANDARD, InstantSource.system(), new SecureRandom());
    transmitter =
        new Transmitter(
            device,
            device.mtu(),
            paths,
            aead,
            OutBatches.Turn.ALONE,
            flows,
            staging,
            statistics.tx(0),
            new Requests());
    ReceiveSide side = new ReceiveSide(device, paths, wireGuard, aead, () -> links, this::isIdle);
    receiver = new Receiver(side, inbox, flows, statistics.rx(0));
  }

  /** Makes two each other's peer, with a session that the first has begun. */
  static void connect(SteppedPlane one, SteppedPlane two) throws IOException {
    MemoryPaths.connect(one.paths, two.paths);
    one.add(two);
    two.add(one);
    one.transmit(1);
    settle(one, two);
    if (two.device.written() == 0) {
      throw new IllegalStateException("no session came about");
    }
  }

  private void add(SteppedPlane other) throws IOException {
    PacketFilter filter = PacketFilter.compile(List.of(FilterRule.ALLOW_ALL), List.of(address));
    NodePublicKey peer = other.key.publicKey();
    PeerTable.Entry entry = new PeerTable.Entry(peer, List.of(other.address), new Neighbour(peer));
    links = links.next(new PeerTable(List.of(entry), filter), device.mtu(), staging, 1);
    List<PeerLink> added = List.copyOf(links.byKey().values());
    inbox.add(() -> receiver.change(List.of(), added));
    receive();
  }

  /** Lets both receive until neither has anything to say: handshakes go back and forth. */
  static void settle(SteppedPlane one, SteppedPlane two) throws IOException {
    do {
      one.receive();
      two.receive();
    } while (!one.paths.isEmpty() || !two.paths.isEmpty());
    one.wantsHandshake = false;
  }

  /** Whether it has asked for a handshake since they last settled, or something came for it. */
  boolean isUnsettled() {
    return wantsHandshake || !paths.isEmpty();
  }

  /** Reads the packet of the device so many times, and sends all. */
  void transmit(int reads) throws IOException {
    device.supply(reads);
    transmitter.run();
  }

  /** Receives everything that waits. */
  void receive() throws IOException {
    looked = false;
    receiver.run();
  }

  private boolean isIdle() {
    boolean idle = looked && paths.isEmpty();
    looked = true;
    return idle;
  }

  MemoryPaths paths() {
    return paths;
  }
}
