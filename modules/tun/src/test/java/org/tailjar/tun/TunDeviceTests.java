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
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tailjar.linux.SendResult;
import org.tailjar.linux.UdpAddress;
import org.tailjar.linux.UdpSocket;
import org.tailjar.packet.Checksum;
import org.tailjar.packet.Coalescer;
import org.tailjar.packet.IpPacket;
import org.tailjar.packet.IpPrefix;
import org.tailjar.packet.Segmenter;
import org.tailjar.packet.SuperPacket;

class TunDeviceTests {

  private static final RouterConfig CONFIG =
      new RouterConfig(
          Set.of(IpPrefix.parse("100.64.0.1/32")), Set.of(IpPrefix.parse("100.64.0.0/10")), 1280);

  @AutoClose private final NamespaceThread namespace = new NamespaceThread();

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aPacketThatIsWrittenReachesASocketOfTheKernel(boolean offloads) throws Exception {
    namespace.run(
        () -> {
          try (TunDevice device = TunDevice.open(config(offloads));
              Router router = Router.open(device.name());
              DatagramSocket socket = new DatagramSocket(0, InetAddress.getByName("0.0.0.0"))) {
            router.apply(CONFIG);
            byte[] packet = udp(4000, socket.getLocalPort(), "hello");
            Coalescer coalescer = new Coalescer(device);
            MemorySegment memory = Arena.ofAuto().allocate(2048);
            MemorySegment.copy(packet, 0, memory, ValueLayout.JAVA_BYTE, 16, packet.length);
            coalescer.add(memory, 16, packet.length);
            coalescer.flush();
            socket.setSoTimeout(60_000);
            DatagramPacket received = new DatagramPacket(new byte[100], 100);
            socket.receive(received);
            assertThat(new String(received.getData(), 0, received.getLength())).isEqualTo("hello");
            assertThat(received.getSocketAddress())
                .isEqualTo(new InetSocketAddress("100.64.0.2", 4000));
            assertThat(device.refusedWrites()).isZero();
          }
        });
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatASocketSendsIsReadComplete(boolean offloads) throws Exception {
    namespace.run(
        () -> {
          try (TunDevice device = TunDevice.open(config(offloads));
              Router router = Router.open(device.name());
              DatagramSocket socket = new DatagramSocket(0, InetAddress.getByName("0.0.0.0"))) {
            router.apply(CONFIG);
            SuperPacket packet = new SuperPacket(Arena.ofAuto());
            Segmenter segmenter = new Segmenter();
            IpPacket ip = new IpPacket();
            assertThat(device.mergesTcp()).isEqualTo(offloads);
            for (int size = 0; size <= 64; size++) {
              socket.send(
                  new DatagramPacket(
                      new byte[size], size, new InetSocketAddress("100.64.0.2", 5000 + size)));
              int destination = 0;
              while (destination != 5000 + size) {
                if (!device.read(packet)) {
                  device.awaitReadable(TimeUnit.SECONDS.toNanos(5));
                  continue;
                }
                // The kernel says other things as well (router solicitations).
                segmenter.start(packet);
                assertThat(segmenter.next()).isTrue();
                MemorySegment memory = packet.memory();
                assertThat(ip.wrap(memory, segmenter.offset(), segmenter.length())).isTrue();
                if (ip.protocol() != IpPacket.UDP) {
                  continue;
                }
                destination = ip.destinationPort();
                int transportLength = ip.totalLength() - ip.headerLength();
                int pseudo =
                    Checksum.pseudoHeader(
                        ip.sourceHigh(),
                        ip.sourceLow(),
                        ip.destinationHigh(),
                        ip.destinationLow(),
                        IpPacket.UDP,
                        transportLength);
                long at = segmenter.offset() + ip.headerLength();
                assertThat(
                        Checksum.fold(
                            (long) pseudo + Checksum.partial(memory, at, transportLength)))
                    .isEqualTo(0xffff);
              }
            }
          }
        });
  }

  @Test
  void datagramsMergedIntoOneWriteArriveOneByOne() throws Exception {
    namespace.run(
        () -> {
          try (TunDevice device = TunDevice.open(config(true));
              Router router = Router.open(device.name());
              DatagramSocket socket = new DatagramSocket(0, InetAddress.getByName("0.0.0.0"))) {
            assumeTrue(device.mergesUdp(), "needs a kernel with TUN_F_USO4 and TUN_F_USO6");
            router.apply(CONFIG);
            Coalescer coalescer = new Coalescer(device);
            MemorySegment memory = Arena.ofAuto().allocate(65_536);
            for (int i = 0; i < 30; i++) {
              byte[] packet = udp(4000, socket.getLocalPort(), String.format("%0500d", i));
              completeUdpChecksum(packet);
              MemorySegment.copy(
                  packet, 0, memory, ValueLayout.JAVA_BYTE, i * 1000L, packet.length);
              coalescer.add(memory, i * 1000L, packet.length);
            }
            coalescer.flush();
            socket.setSoTimeout(60_000);
            for (int i = 0; i < 30; i++) {
              DatagramPacket received = new DatagramPacket(new byte[1000], 1000);
              socket.receive(received);
              assertThat(new String(received.getData(), 0, received.getLength()))
                  .isEqualTo(String.format("%0500d", i));
            }
            assertThat(device.refusedWrites()).isZero();
          }
        });
  }

  @Test
  void datagramsOfOneSendAreReadAsOneSuperPacket() throws Exception {
    namespace.run(
        () -> {
          try (TunDevice device = TunDevice.open(config(true));
              Router router = Router.open(device.name());
              UdpSocket socket = UdpSocket.bind(false, 0, 0)) {
            assumeTrue(
                device.mergesUdp() && socket.segmentationOffload(),
                "needs a kernel with UDP segmentation offload");
            router.apply(CONFIG);
            MemorySegment memory = Arena.ofAuto().allocate(65_536);
            UdpAddress to = UdpAddress.of(new InetSocketAddress("100.64.0.2", 5000));
            assertThat(socket.sender().send(memory, 0, 30 * 1000 + 1, 1000, to))
                .isEqualTo(SendResult.SENT);
            SuperPacket packet = new SuperPacket(Arena.ofAuto());
            while (!device.read(packet) || packet.offload() != SuperPacket.Offload.UDP) {
              device.awaitReadable(TimeUnit.SECONDS.toNanos(5));
            }
            assertThat(packet.segmentSize()).isEqualTo(1000);
            Segmenter segmenter = new Segmenter();
            segmenter.start(packet);
            assertThat(segmenter.count()).isEqualTo(31);
          }
        });
  }

  @Test
  void wakeEndsAWait() throws Exception {
    namespace.run(
        () -> {
          try (TunDevice device = TunDevice.open(config(true))) {
            device.wake();
            device.awaitReadable(-1);
            CompletableFuture<Void> waiting =
                CompletableFuture.runAsync(
                    () -> {
                      try {
                        device.awaitReadable(-1);
                      } catch (IOException e) {
                        throw new AssertionError(e);
                      }
                    });
            device.wake();
            waiting.get(60, TimeUnit.SECONDS);
          }
        });
  }

  @Test
  void closingEndsAWaitAndTakesTheInterfaceAway() throws Exception {
    namespace.run(
        () -> {
          TunDevice device = TunDevice.open(config(true));
          CompletableFuture<Boolean> ended =
              CompletableFuture.supplyAsync(
                  () -> {
                    try {
                      SuperPacket packet = new SuperPacket(Arena.ofAuto());
                      while (true) {
                        if (!device.read(packet)) {
                          device.awaitReadable(-1);
                        }
                      }
                    } catch (IOException e) {
                      return true;
                    }
                  });
          device.close();
          device.close();
          device.wake();
          assertThat(ended.get(60, TimeUnit.SECONDS)).isTrue();
          try (TunDevice again = TunDevice.open(config(true))) {
            assertThat(again.name()).isEqualTo("tailscale0");
          }
        });
  }

  @Test
  void anInterfaceThatIsSwitchedOffLosesPacketsButLives() throws Exception {
    namespace.run(
        () -> {
          try (TunDevice device = TunDevice.open(config(true))) {
            Coalescer coalescer = new Coalescer(device);
            byte[] packet = udp(1, 2, "lost");
            MemorySegment memory = Arena.ofAuto().allocate(2048);
            MemorySegment.copy(packet, 0, memory, ValueLayout.JAVA_BYTE, 0, packet.length);
            coalescer.add(memory, 0, packet.length);
            coalescer.flush();
            assertThat(device.refusedWrites()).isEqualTo(1);
          }
        });
  }

  @Test
  void aNameInUseIsToldApart() throws Exception {
    namespace.run(
        () -> {
          try (TunDevice device = TunDevice.open(config(true))) {
            assertKind(TunConfig.of(device.name(), 1280), TunException.Kind.NAME_IN_USE);
            assertKind(TunConfig.of("lo", 1280), TunException.Kind.NAME_IN_USE);
          }
        });
  }

  @Test
  void aMissingDeviceFileIsToldApart() throws Exception {
    namespace.run(
        () ->
            assertKind(
                new TunConfig("/dev/net/none", "tailscale0", 1280, true, true, 1),
                TunException.Kind.NO_DEVICE));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "sixteen-letters-", "a b", "a/b", "tun%d"})
  void aBadNameIsToldApart(String name) throws Exception {
    namespace.run(() -> assertKind(TunConfig.of(name, 1280), TunException.Kind.BAD_NAME));
  }

  private static void assertKind(TunConfig config, TunException.Kind kind) {
    assertThatThrownBy(() -> TunDevice.open(config))
        .asInstanceOf(type(TunException.class))
        .returns(kind, TunException::kind);
  }

  private static TunConfig config(boolean offloads) {
    TunConfig config = TunConfig.of("tailscale0", 1280);
    return offloads ? config : config.withoutOffloads();
  }

  private static void completeUdpChecksum(byte[] packet) {
    MemorySegment memory = MemorySegment.ofArray(packet);
    int pseudo = Checksum.partial(memory, 12, 8) + IpPacket.UDP + packet.length - 20;
    int sum = Checksum.partial(memory, 20, packet.length - 20);
    ByteBuffer.wrap(packet).putShort(26, (short) ~Checksum.fold((long) pseudo + sum));
  }

  /** A UDP packet from 100.64.0.2 to 100.64.0.1, without a UDP checksum. */
  private static byte[] udp(int from, int to, String text) {
    int length = 28 + text.length();
    ByteBuffer packet = ByteBuffer.allocate(length);
    packet.putInt(0x45000000 | length).putInt(0).putInt(0x40110000);
    packet.putInt(0x64400002).putInt(0x64400001);
    packet.putShort((short) from).putShort((short) to).putShort((short) (length - 20));
    packet.putShort((short) 0).put(text.getBytes());
    int checksum = Checksum.of(MemorySegment.ofArray(packet.array()), 0, 20);
    packet.putShort(10, (short) checksum);
    return packet.array();
  }
}
