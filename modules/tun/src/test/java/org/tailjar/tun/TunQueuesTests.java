package org.tailjar.tun;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.tailjar.linux.UdpAddress;
import org.tailjar.linux.UdpSocket;
import org.tailjar.packet.Checksum;
import org.tailjar.packet.Coalescer;
import org.tailjar.packet.IpPacket;
import org.tailjar.packet.IpPrefix;
import org.tailjar.packet.PacketQueue;
import org.tailjar.packet.SuperPacket;

/** An interface of several queues, as the kernel gives flows to them. */
@Timeout(180)
class TunQueuesTests {

  private static final int QUEUES = 4;
  private static final int FLOWS = 64;
  private static final int PER_FLOW = 5;
  private static final int PORT = 5000;
  private static final TunConfig CONFIG = TunConfig.of("tailscale0", 1280).withQueues(QUEUES);
  private static final RouterConfig ROUTES =
      new RouterConfig(
          Set.of(IpPrefix.parse("100.64.0.1")), Set.of(IpPrefix.parse("100.64.0.0/10")), 1280);

  @AutoClose private final NamespaceThread namespace = new NamespaceThread();

  /** A datagram that was read. */
  private record Arrival(int flow, int queue, int number) {}

  /** Sockets of this machine, a flow each to the same port of a peer. */
  private static final class Flows implements AutoCloseable {

    private final List<DatagramSocket> sockets = new ArrayList<>();

    Flows(int count) throws IOException {
      for (int i = 0; i < count; i++) {
        sockets.add(new DatagramSocket(0, InetAddress.getByName("100.64.0.1")));
      }
    }

    /** Sends datagrams that are numbered from a first on, the flows in turns. */
    void send(int first) throws IOException {
      InetSocketAddress to = new InetSocketAddress("100.64.0.2", PORT);
      for (int number = first; number < first + PER_FLOW; number++) {
        for (DatagramSocket socket : sockets) {
          byte[] data = ByteBuffer.allocate(4).putInt(number).array();
          socket.send(new DatagramPacket(data, data.length, to));
        }
      }
    }

    Set<Integer> ports() {
      Set<Integer> ports = new HashSet<>();
      sockets.forEach(socket -> ports.add(socket.getLocalPort()));
      return ports;
    }

    @Override
    public void close() {
      sockets.forEach(DatagramSocket::close);
    }
  }

  /** Reads what the flows sent once, in the order of each queue. */
  private static List<Arrival> read(TunDevice device) throws IOException {
    List<Arrival> arrivals = new ArrayList<>();
    SuperPacket packet = new SuperPacket(Arena.ofAuto());
    IpPacket ip = new IpPacket();
    List<PacketQueue> queues = device.queues();
    for (int queue = 0; arrivals.size() < FLOWS * PER_FLOW; queue = (queue + 1) % queues.size()) {
      while (queues.get(queue).read(packet)) {
        assertThat(ip.wrap(packet.memory(), packet.start(), packet.length())).isTrue();
        if (ip.protocol() == IpPacket.UDP && ip.destinationPort() == PORT) {
          int number =
              Integer.reverseBytes(
                  packet.memory().get(ValueLayout.JAVA_INT_UNALIGNED, packet.start() + 28L));
          arrivals.add(new Arrival(ip.sourcePort(), queue, number));
        }
      }
    }
    return arrivals;
  }

  /** The queue of each flow, which must be one and keep the order. */
  private static Map<Integer, Integer> queues(List<Arrival> arrivals, int first) {
    Map<Integer, Integer> queues = new HashMap<>();
    Map<Integer, Integer> next = new HashMap<>();
    for (Arrival arrival : arrivals) {
      assertThat(queues.merge(arrival.flow(), arrival.queue(), (before, _) -> before))
          .as("the queue of flow %d", arrival.flow())
          .isEqualTo(arrival.queue());
      assertThat(arrival.number())
          .as("the next packet of flow %d", arrival.flow())
          .isEqualTo(next.merge(arrival.flow(), first, (before, _) -> before + 1));
    }
    return queues;
  }

  @Test
  void eachFlowComesByOneQueueInOrderAlsoAfterItWasAnswered() throws Exception {
    namespace.run(
        () -> {
          try (TunDevice device = TunDevice.open(CONFIG);
              Router router = Router.open(device.name())) {
            router.apply(ROUTES);
            assumeTrue(device.queues().size() == QUEUES, "needs a kernel with IFF_MULTI_QUEUE");
            try (Flows flows = new Flows(FLOWS)) {
              flows.send(0);
              Map<Integer, Integer> before = queues(read(device), 0);
              assertThat(before.keySet()).isEqualTo(flows.ports());
              assertThat(new HashSet<>(before.values())).hasSize(QUEUES);

              answer(device, flows.ports());
              flows.send(PER_FLOW);
              assertThat(queues(read(device), PER_FLOW)).isEqualTo(before);
              assertThat(device.refusedWrites()).isZero();
            }
          }
        });
  }

  /** A packet of the peer to each of the ports, as the RX thread writes it. */
  private static void answer(TunDevice device, Set<Integer> ports) throws IOException {
    Coalescer coalescer = new Coalescer(device);
    MemorySegment memory = Arena.ofAuto().allocate(64);
    for (int port : ports) {
      ByteBuffer packet = ByteBuffer.allocate(32);
      packet.putInt(0x45000020).putInt(0).putInt(0x40110000);
      packet.putInt(0x64400002).putInt(0x64400001);
      packet.putShort((short) PORT).putShort((short) port).putShort((short) 12);
      packet.putShort(10, (short) Checksum.of(MemorySegment.ofArray(packet.array()), 0, 20));
      MemorySegment.copy(packet.array(), 0, memory, ValueLayout.JAVA_BYTE, 0, 32);
      coalescer.add(memory, 0, 32);
      coalescer.flush();
    }
  }

  @Test
  void everyQueueBringsSuperPackets() throws Exception {
    namespace.run(
        () -> {
          try (TunDevice device = TunDevice.open(CONFIG);
              Router router = Router.open(device.name())) {
            router.apply(ROUTES);
            assumeTrue(device.queues().size() == QUEUES, "needs a kernel with IFF_MULTI_QUEUE");
            assumeTrue(device.mergesUdp(), "needs a kernel with TUN_F_USO4 and TUN_F_USO6");
            Set<Integer> merging = new HashSet<>();
            SuperPacket packet = new SuperPacket(Arena.ofAuto());
            MemorySegment memory = Arena.ofAuto().allocate(30_000);
            UdpAddress to = UdpAddress.of(new InetSocketAddress("100.64.0.2", PORT));
            while (merging.size() < QUEUES) {
              try (UdpSocket socket = UdpSocket.bind(false, 0, 0)) {
                assumeTrue(socket.segmentationOffload(), "needs a kernel with UDP_SEGMENT");
                socket.sender().send(memory, 0, 30_000, 1000, to);
              }
              for (int queue = 0; queue < QUEUES; queue++) {
                while (device.queues().get(queue).read(packet)) {
                  if (packet.offload() == SuperPacket.Offload.UDP) {
                    assertThat(packet.segmentSize()).isEqualTo(1000);
                    merging.add(queue);
                  }
                }
              }
            }
          }
        });
  }

  @Test
  void nobodyElseBecomesAQueueOfIt() throws Exception {
    namespace.run(
        () -> {
          try (TunDevice device = TunDevice.open(CONFIG)) {
            for (TunConfig again : List.of(CONFIG, CONFIG.withQueues(1))) {
              assertThatThrownBy(() -> TunDevice.open(again))
                  .asInstanceOf(type(TunException.class))
                  .returns(TunException.Kind.NAME_IN_USE, TunException::kind);
            }
            assertThat(device.name()).isEqualTo("tailscale0");
          }
          try (TunDevice single = TunDevice.open(CONFIG.withQueues(1))) {
            assertThatThrownBy(() -> TunDevice.open(CONFIG))
                .asInstanceOf(type(TunException.class))
                .returns(TunException.Kind.NAME_IN_USE, TunException::kind);
            assertThat(single.queues()).hasSize(1);
          }
        });
  }

  @Test
  void whyThereIsOneQueueWhereSeveralWereWantedIsOneLine() throws Exception {
    namespace.run(
        () -> {
          // Left by somebody who made it to last, with one queue.
          Process ip =
              new ProcessBuilder("ip", "tuntap", "add", "tailscale0", "mode", "tun", "vnet_hdr")
                  .start();
          assumeTrue(ip.waitFor() == 0, "needs the program ip");
          List<String> lines = new ArrayList<>();
          try (TunDevice device = TunDevice.open(CONFIG, lines::add)) {
            assertThat(device.queues()).hasSize(1);
          }
          assertThat(lines)
              .singleElement()
              .asString()
              .startsWith("tailscale0 has one queue and not 4, so one thread sends: ")
              .contains("[errno ");
          lines.clear();
          try (TunDevice device = TunDevice.open(CONFIG.withQueues(1), lines::add)) {
            assertThat(device.queues()).hasSize(1);
          }
          assertThat(lines).isEmpty();
        });
  }

  @Test
  void eachQueueIsWokenAndEndedByItself() throws Exception {
    namespace.run(
        () -> {
          TunDevice device = TunDevice.open(CONFIG);
          List<CompletableFuture<Void>> woken = new ArrayList<>();
          List<CompletableFuture<Void>> ended = new ArrayList<>();
          Executor threads = task -> Thread.ofPlatform().daemon().start(task);
          for (PacketQueue queue : device.queues()) {
            CompletableFuture<Void> wake =
                CompletableFuture.runAsync(() -> awaitOnce(queue), threads);
            woken.add(wake);
            ended.add(
                wake.thenRunAsync(
                    () -> assertThatThrownBy(() -> readForEver(queue)).isNotNull(), threads));
          }
          device.queues().forEach(PacketQueue::wake);
          for (CompletableFuture<Void> wake : woken) {
            wake.get(60, TimeUnit.SECONDS);
          }
          device.close();
          for (CompletableFuture<Void> end : ended) {
            end.get(60, TimeUnit.SECONDS);
          }
          try (TunDevice again = TunDevice.open(CONFIG)) {
            assertThat(again.name()).isEqualTo("tailscale0");
          }
        });
  }

  private static void awaitOnce(PacketQueue queue) {
    try {
      queue.awaitReadable(-1);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void readForEver(PacketQueue queue) throws IOException {
    SuperPacket packet = new SuperPacket(Arena.ofAuto());
    while (true) {
      if (!queue.read(packet)) {
        queue.awaitReadable(-1);
      }
    }
  }
}
