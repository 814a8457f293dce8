package org.tailjar.derp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.transport.Dialer;
import org.tailjar.transport.Security;

@Timeout(180)
class DerpConnectionsTests {

  private static final NodePublicKey PEER = NodePrivateKey.generate().publicKey();

  private final NodePrivateKey key = NodePrivateKey.generate();
  private TestRelay relay;
  private DerpConnections connections;

  @BeforeEach
  void start() throws IOException {
    relay = new TestRelay();
    connections =
        new DerpConnections(
            new DerpConfig(key, Dialer.builder().build(), relay.plainHttp()),
            new DerpInput(8, () -> {}),
            DerpListener.NONE);
    // Two regions at one server: what counts here is who connects when.
    connections.apply(DerpMap.of(Map.of(1, relay.region(1), 2, relay.region(2))));
  }

  @AfterEach
  void stop() throws IOException {
    connections.close();
    relay.close();
  }

  @Test
  void theHomeRegionIsConnectedAndToldWhenItIsNoLonger() throws Exception {
    connections.home(1);
    TestRelay.Client first = relay.next();
    assertThat(first.read(DerpFrames.NOTE_PREFERRED).payload()).containsExactly(1);
    Await.until(() -> connections.relay(1).isConnected());
    connections.home(2);
    assertThat(relay.next().read(DerpFrames.NOTE_PREFERRED).payload()).containsExactly(1);
    while (first.read(DerpFrames.NOTE_PREFERRED).payload()[0] != 0) {
      // It may be told twice that it is home.
    }
  }

  @Test
  void anotherRegionIsConnectedWhenItIsSentTo() throws Exception {
    connections.home(1);
    relay.next();
    connections.relay(2).send(PEER, MemorySegment.ofArray(new byte[] {9}), 0, 1);
    assertThat(relay.next().read(DerpFrames.SEND_PACKET).payload()).hasSize(33).endsWith(9);
  }

  @Test
  void aRegionIsOneObjectUntilItLeavesTheMap() {
    Relay before = connections.relay(2);
    connections.apply(DerpMap.of(Map.of(1, relay.region(1), 2, relay.region(2))));
    assertThat(connections.relay(2)).isSameAs(before);
    connections.apply(DerpMap.of(Map.of(1, relay.region(1))));
    assertThat(connections.relay(2)).isNull();
    connections.apply(DerpMap.of(Map.of(2, relay.region(2))));
    assertThat(connections.relay(2)).isNotNull().isNotSameAs(before);
  }

  @Test
  void theConnectionToARegionThatLeavesTheMapIsClosed() throws Exception {
    connections.home(1);
    TestRelay.Client seen = relay.next();
    seen.read(DerpFrames.NOTE_PREFERRED);
    connections.apply(DerpMap.EMPTY);
    assertThat(catchThrowable(() -> seen.read(0x77))).isInstanceOf(IOException.class);
    assertThat(relay.nobodyComesWithin(100)).isTrue();
  }

  @Test
  void theSameMapAgainAsAfterAnOutageOfControlLeavesTheConnectionAlone() throws Exception {
    connections.home(1);
    TestRelay.Client first = relay.next();
    first.read(DerpFrames.NOTE_PREFERRED);
    connections.apply(DerpMap.of(Map.of(1, relay.region(1), 2, relay.region(2))));
    connections.relay(1).send(PEER, MemorySegment.ofArray(new byte[] {9}), 0, 1);
    assertThat(first.read(DerpFrames.SEND_PACKET).payload()).hasSize(33).endsWith(9);
    assertThat(relay.nobodyComesWithin(100)).isTrue();
  }

  @Test
  void theHomeRegionThatComesBackWithALaterMapIsConnectedAgain() throws Exception {
    connections.home(1);
    relay.next().read(DerpFrames.NOTE_PREFERRED);
    connections.apply(DerpMap.EMPTY);
    connections.apply(DerpMap.of(Map.of(1, relay.region(1))));
    assertThat(relay.next().read(DerpFrames.NOTE_PREFERRED).payload()).containsExactly(1);
  }

  @Test
  void serversThatChangeAreConnectedAnew() throws Exception {
    connections.home(1);
    relay.next();
    try (TestRelay other = new TestRelay()) {
      DerpRegion moved = other.region(1);
      connections.apply(DerpMap.of(Map.of(1, moved)));
      // It is no http server of ours, so it is spoken to by TLS, which it does not understand.
      assertThat(other.nobodyComesWithin(200)).isTrue();
      assertThat(connections.relay(1).isConnected()).isFalse();
    }
  }

  @Test
  void aRegionIsMeasuredByConnecting() throws Exception {
    assertThat(connections.measure(relay.region(1), Duration.ofSeconds(60))).isPresent();
    relay.close();
    assertThat(connections.measure(relay.region(1), Duration.ofSeconds(1))).isEmpty();
  }

  @Test
  void plainHttpIsForTheServersOwnHostAndPortAlone() throws Exception {
    DerpConfig.PlainHttpServer server = new DerpConfig.PlainHttpServer("relay.example", 8080);
    assertThat(tls("relay.example", 8080, server)).isFalse();
    assertThat(tls("RELAY.example", 8080, server)).isFalse();
    assertThat(tls("relay.example", 8081, server)).isTrue();
    assertThat(tls("other.example", 8080, server)).isTrue();
    assertThat(tls("relay.example", 8080, null)).isTrue();
  }

  private static boolean tls(String host, int port, DerpConfig.PlainHttpServer server)
      throws DerpException {
    DerpNode node = new DerpNode("a", 1, host, "", "", "", 0, false, port, false);
    return !(DerpDestinations.of(node, server).security() instanceof Security.Plain);
  }
}
