package org.tailjar.derp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.transport.Dialer;

@Timeout(180)
class DerpClientTests {

  private static final NodePublicKey PEER = NodePrivateKey.generate().publicKey();

  private final NodePrivateKey key = NodePrivateKey.generate();
  private final Semaphore woken = new Semaphore(0);
  private final DerpInput input = new DerpInput(8, woken::release);
  private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
  private final DerpListener listener =
      new DerpListener() {
        @Override
        public void connected(int regionId) {
          events.add("connected " + regionId);
        }

        @Override
        public void disconnected(int regionId, String reason) {
          events.add("disconnected: " + reason);
        }

        @Override
        public void peerGone(int regionId, NodePublicKey peer, boolean notHere) {
          events.add("gone " + peer.equals(PEER) + " " + notHere);
        }

        @Override
        public void health(int regionId, String problem) {
          events.add("health: " + problem);
        }
      };

  private TestRelay relay;
  private DerpClient client;

  @BeforeEach
  void start() throws IOException {
    relay = new TestRelay();
    DerpConfig config = new DerpConfig(key, Dialer.builder().build(), relay.plainHttp());
    client = new DerpClient(config, relay.region(7), input, listener);
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    relay.close();
  }

  @Test
  void theUpgradeAsksForDerpAndNeverForAFastStart() throws Exception {
    client.home(true);
    TestRelay.Client seen = relay.next();
    assertThat(seen.request)
        .startsWith("GET /derp HTTP/1.1\r\n")
        .contains("Host: 127.0.0.1:" + relay.port() + "\r\n")
        .contains("Upgrade: DERP\r\n")
        .doesNotContainIgnoringCase("fast-start");
    assertThat(seen.key).isEqualTo(key.publicKey());
  }

  @Test
  void aHomeRegionIsNotedAsPreferred() throws Exception {
    client.home(true);
    assertThat(relay.next().read(DerpFrames.NOTE_PREFERRED).payload()).containsExactly(1);
    assertThat(event()).isEqualTo("connected 7");
    assertThat(client.isConnected()).isTrue();
  }

  @Test
  void aRelayThatDoesNotAnswerAfterAChangeOfTheNetworkIsConnectedToAnew() throws Exception {
    client.home(true);
    TestRelay.Client silent = relay.next();
    assertThat(event()).isEqualTo("connected 7");
    client.check();
    assertThat(silent.read(DerpFrames.PING).payload()).hasSize(8);
    assertThat(event()).isEqualTo("disconnected: no answer since the network has changed");
    relay.next();
    assertThat(event()).isEqualTo("connected 7");
  }

  @Test
  void aRelayThatNoMapShouldNameDoesNotStopTheClient() throws Exception {
    DerpNode impossible = node("7x", "", 70_000);
    client.region(region(impossible));
    client.home(true);
    assertThat(event()).startsWith("disconnected: ").contains("7x");
    client.region(relay.region(7));
    relay.next();
    assertThat(eventAfterFailures()).isEqualTo("connected 7");
  }

  @Test
  void aRelayThatClosesAtOnceLeavesTheTurnToTheNext() throws Exception {
    // The same port, so that it counts as the plain http server too, at an address of its own.
    String address = "127.0.0.2";
    try (ServerSocket closer = new ServerSocket(relay.port(), 50, InetAddress.ofLiteral(address))) {
      Thread.ofVirtual().start(() -> closeAll(closer));
      DerpConfig config = new DerpConfig(key, Dialer.builder().build(), relay.plainHttp());
      client =
          new DerpClient(
              config,
              region(node("7x", address, relay.port()), relay.region(7).nodes().getFirst()),
              input,
              listener);
      client.home(true);
      assertThat(event()).isEqualTo("connected 7");
    }
  }

  private static void closeAll(ServerSocket closer) {
    try {
      while (true) {
        closer.accept().close();
      }
    } catch (IOException e) {
      assertThat(closer.isClosed()).isTrue();
    }
  }

  private String eventAfterFailures() throws InterruptedException {
    String event = event();
    while (event.startsWith("disconnected")) {
      event = event();
    }
    return event;
  }

  private static DerpRegion region(DerpNode... nodes) {
    return new DerpRegion(7, "r7", "Region 7", false, false, List.of(nodes));
  }

  private static DerpNode node(String name, String address, int port) {
    return new DerpNode(name, 7, "127.0.0.1", "", address, "", -1, false, port, false);
  }

  @Test
  void nothingIsConnectedBeforeItIsNeeded() throws Exception {
    assertThat(relay.nobodyComesWithin(100)).isTrue();
  }

  @Test
  void aPacketSentConnectsAndArrives() throws Exception {
    byte[] packet = "a packet".getBytes(StandardCharsets.UTF_8);
    client.send(PEER, MemorySegment.ofArray(packet), 2, 6);
    TestRelay.Frame frame = relay.next().read(DerpFrames.SEND_PACKET);
    assertThat(frame.payload())
        .startsWith(PEER.bytes())
        .endsWith("packet".getBytes(StandardCharsets.UTF_8))
        .hasSize(38);
  }

  @Test
  void aBatchOfFramesArrivesInOrder() throws Exception {
    int slot = DerpFrames.PACKET_HEADER_LENGTH + 100;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(50L * slot);
      MemorySegment destination = MemorySegment.ofArray(PEER.bytes());
      for (int i = 0; i < 50; i++) {
        DerpFrames.putSendHeader(memory, (long) i * slot, destination, 100);
        memory.set(ValueLayout.JAVA_BYTE, i * slot + 37L, (byte) i);
      }
      client.sendFrames(memory, 0, 50 * slot);
    }
    TestRelay.Client seen = relay.next();
    for (int i = 0; i < 50; i++) {
      assertThat(seen.read(DerpFrames.SEND_PACKET).payload()[32]).isEqualTo((byte) i);
    }
  }

  @Test
  void receivedPacketsComeInOrderWithTheirSourceAndWakeTheConsumer() throws Exception {
    client.home(true);
    TestRelay.Client seen = relay.next();
    seen.sendPacket(PEER, new byte[] {1, 2, 3});
    seen.sendPacket(key.publicKey(), new byte[] {4});
    woken.acquire();
    Await.until(() -> input.peek());
    assertThat(input.source()).isEqualTo(PEER);
    assertThat(input.regionId()).isEqualTo(7);
    assertThat(input.length()).isEqualTo(3);
    assertThat(input.memory().get(ValueLayout.JAVA_BYTE, 2)).isEqualTo((byte) 3);
    input.release();
    Await.until(() -> input.peek());
    assertThat(input.source()).isEqualTo(key.publicKey());
    input.release();
    assertThat(input.peek()).isFalse();
  }

  @Test
  void packetsBeyondTheRingAreDroppedAndCounted() throws Exception {
    client.home(true);
    TestRelay.Client seen = relay.next();
    for (int i = 0; i < 10; i++) {
      seen.sendPacket(PEER, new byte[] {(byte) i});
    }
    seen.send(DerpFrames.PING, new byte[8]);
    seen.read(DerpFrames.PONG);
    assertThat(input.dropped()).isEqualTo(2);
  }

  @Test
  void aPingIsEchoed() throws Exception {
    client.home(true);
    TestRelay.Client seen = relay.next();
    seen.send(DerpFrames.PING, new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
    assertThat(seen.read(DerpFrames.PONG).payload()).containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
  }

  @Test
  void unknownShortAndOversizeFramesAreSkipped() throws Exception {
    client.home(true);
    TestRelay.Client seen = relay.next();
    seen.send(0x77, new byte[10]);
    seen.send(DerpFrames.RECV_PACKET, new byte[5]);
    seen.send(DerpFrames.RECV_PACKET, new byte[32]);
    seen.send(DerpFrames.PEER_GONE, new byte[3]);
    seen.send(DerpFrames.PING, new byte[3]);
    seen.send(DerpFrames.RECV_PACKET, new byte[200_000]);
    seen.send(DerpFrames.KEEP_ALIVE, new byte[0]);
    seen.send(DerpFrames.PING, new byte[8]);
    seen.read(DerpFrames.PONG);
    assertThat(input.peek()).isFalse();
  }

  @Test
  void aFrameOfMoreThanAMebibyteEndsTheConnectionWhichIsMadeAnew() throws Exception {
    client.home(true);
    TestRelay.Client seen = relay.next();
    assertThat(event()).isEqualTo("connected 7");
    seen.sendRaw((byte) 5, (byte) 0x7f, (byte) 0, (byte) 0, (byte) 0);
    assertThat(event()).contains("announced a frame of 2130706432 bytes");
    relay.next().read(DerpFrames.NOTE_PREFERRED);
  }

  @Test
  void framesCutAnywhereArePutTogether() throws Exception {
    client.home(true);
    TestRelay.Client seen = relay.next();
    byte[] frame =
        DerpFrames.frame(
            DerpFrames.RECV_PACKET,
            ByteBuffer.allocate(35).put(PEER.bytes()).put(new byte[] {7, 8, 9}).array());
    for (byte each : frame) {
      seen.sendRaw(each);
    }
    woken.acquire();
    assertThat(input.peek()).isTrue();
    assertThat(input.length()).isEqualTo(3);
  }

  @Test
  void aPeerThatIsGoneIsToldWithItsReason() throws Exception {
    client.home(true);
    TestRelay.Client seen = relay.next();
    assertThat(event()).isEqualTo("connected 7");
    seen.send(DerpFrames.PEER_GONE, Arrays.copyOf(PEER.bytes(), 33));
    assertThat(event()).isEqualTo("gone true false");
    byte[] notHere = Arrays.copyOf(PEER.bytes(), 33);
    notHere[32] = 1;
    seen.send(DerpFrames.PEER_GONE, notHere);
    assertThat(event()).isEqualTo("gone true true");
    seen.send(DerpFrames.HEALTH, "twice here".getBytes(StandardCharsets.UTF_8));
    assertThat(event()).isEqualTo("health: twice here");
  }

  @Test
  void aLostConnectionComesBackAndIsHomeAgain() throws Exception {
    client.home(true);
    TestRelay.Client first = relay.next();
    assertThat(event()).isEqualTo("connected 7");
    first.close();
    assertThat(event()).startsWith("disconnected: ");
    assertThat(relay.next().read(DerpFrames.NOTE_PREFERRED).payload()).containsExactly(1);
    assertThat(event()).isEqualTo("connected 7");
  }

  @Test
  void aServerThatCannotProveItsKeyIsNotAccepted() throws Exception {
    DerpDecoder decoder = new DerpDecoder();
    byte[] wrong = DerpFrames.frame(DerpFrames.SERVER_INFO, new byte[60]);
    System.arraycopy(wrong, 0, decoder.buffer(), decoder.end(), wrong.length);
    decoder.filled(wrong.length);
    assertThat(decoder.next()).isTrue();
    assertThat(DerpFrames.openServerInfo(decoder.payload(), DerpFrames.box(key, PEER.bytes())))
        .isNull();
  }

  @Test
  void anIdleRegionIsDisconnectedAndConnectedAgainWhenSentTo() throws Exception {
    long before = System.nanoTime();
    client.send(PEER, MemorySegment.ofArray(new byte[1]), 0, 1);
    TestRelay.Client seen = relay.next();
    assertThat(event()).isEqualTo("connected 7");
    client.closeIfIdle(before + DerpClient.IDLE_TIMEOUT.toNanos());
    assertThat(client.isConnected()).isTrue();
    client.closeIfIdle(System.nanoTime() + DerpClient.IDLE_TIMEOUT.toNanos());
    assertThat(event()).startsWith("disconnected: ");
    assertThat(relay.nobodyComesWithin(100)).isTrue();
    client.send(PEER, MemorySegment.ofArray(new byte[1]), 0, 1);
    assertThat(relay.next().key).isEqualTo(seen.key);
  }

  @Test
  void theHomeRegionIsNeverIdle() throws Exception {
    client.home(true);
    relay.next();
    assertThat(event()).isEqualTo("connected 7");
    client.closeIfIdle(System.nanoTime() + 2 * DerpClient.IDLE_TIMEOUT.toNanos());
    assertThat(client.isConnected()).isTrue();
  }

  private String event() throws InterruptedException {
    String event = events.poll(60, TimeUnit.SECONDS);
    return event == null ? "nothing" : event;
  }
}
