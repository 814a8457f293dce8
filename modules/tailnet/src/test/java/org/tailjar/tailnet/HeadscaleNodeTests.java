package org.tailjar.tailnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tailjar.headscale.MapResponse;
import org.tailjar.headscale.NetworkMap;
import org.tailjar.headscale.Node;
import org.tailjar.headscale.WireJson;

@Timeout(180)
class HeadscaleNodeTests {

  @TempDir Path temporary;

  private NodeConfig.Builder config(String url) {
    return NodeConfig.builder(URI.create(url))
        .authKey(AuthKeySource.of(Secret.of("k")))
        .state(new StateLocation.Directory(temporary))
        .udpPort(0)
        .device(DeviceKind.MEMORY);
  }

  private NodeIdentity saved(String url) {
    NodeIdentity identity = NodeIdentity.generate(url).asRegistered();
    try (StateDirectory state = StateDirectory.open(temporary)) {
      state.save(identity);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return identity;
  }

  private NodeIdentity kept() throws Exception {
    try (StateDirectory state = StateDirectory.open(temporary)) {
      return state.load().orElseThrow();
    }
  }

  private static NetworkMap map(String more) throws Exception {
    String json =
        ("{\"Node\":{\"ID\":1,\"Name\":\"a.\",\"Key\":\"nodekey:%s\","
                + "\"Addresses\":[\"100.64.0.1/32\"]}%s}")
            .formatted("01".repeat(32), more);
    return NetworkMap.of(
        WireJson.decode(MapResponse.class, json.getBytes(StandardCharsets.UTF_8)), Instant.now());
  }

  /** No server can send a peer that is none: it stands for a fault of this program. */
  private static NetworkMap faulty() throws Exception {
    SortedMap<Long, Node> peers = new TreeMap<>();
    peers.put(2L, null);
    return new NetworkMap(
        map("").self(),
        peers,
        null,
        null,
        new TreeMap<>(),
        new TreeMap<>(),
        "other",
        List.of(),
        Duration.ZERO);
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://127.0.0.1:9", "http://127.0.0.1:9/", "HTTP://127.0.0.1:9//"})
  void theFormOfTheUrlDoesNotMakeANewNode(String url) throws Exception {
    NodeIdentity identity = saved("http://127.0.0.1:9/");
    try (HeadscaleNode node =
        new HeadscaleNode(config(url).authKey(AuthKeySource.none()).build())) {
      node.start();
      assertThat(node.live()).isTrue();
    }
    assertThat(kept().nodeKey()).isEqualTo(identity.nodeKey());
    assertThat(kept().registered()).isTrue();
  }

  @ParameterizedTest
  @EnumSource(LogoutPolicy.class)
  void itClosesInTimeThoughTheServerNeverAnswers(LogoutPolicy policy) throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      String url = "http://127.0.0.1:" + silent.getLocalPort();
      NodeIdentity identity = saved(url);
      HeadscaleNode node = new HeadscaleNode(config(url).logout(policy).build());
      node.start();
      long start = System.nanoTime();
      node.close();
      // It gives itself 4 s; a connection to such a server, 10 s.
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(8));
      assertThat(kept().nodeKey()).isEqualTo(identity.nodeKey());
    }
  }

  @Test
  void aNodeThatWasClosedDoesNotStart() {
    HeadscaleNode node = new HeadscaleNode(config("http://127.0.0.1:9").build());
    node.close();
    assertThatThrownBy(node::start).isInstanceOf(IllegalStateException.class);
    assertThat(node.status().state()).isEqualTo(NodeStatus.State.STOPPED);
  }

  @Test
  void aNodeThatWasClosedStaysClosedWhateverTheServerSays() {
    HeadscaleNode node = new HeadscaleNode(config("http://127.0.0.1:9").build());
    node.start();
    node.close();
    node.needsLogin(Optional.of(URI.create("http://hs.example/register/a")));
    node.registered();
    node.refused(new StartFailure.KeyMissing());
    assertThat(node.status().state()).isEqualTo(NodeStatus.State.STOPPED);
    assertThat(node.failed().toCompletableFuture()).isNotDone();
  }

  @Test
  void aMapThatCannotBePutInForceLeavesTheOneBefore() throws Exception {
    saved("http://127.0.0.1:9");
    try (HeadscaleNode node = new HeadscaleNode(config("http://127.0.0.1:9").build())) {
      node.start();
      node.networkMap(map(""));
      assertThat(node.ready()).isTrue();
      node.networkMap(faulty());
      assertThat(node.ready()).isTrue();
      assertThat(node.status().tailnet().orElseThrow().name()).isEmpty();
    }
  }

  @Test
  void aNodeThatIsUpByItsSavedMapSaysHowOldThatIs() throws Exception {
    NodeIdentity identity = saved("http://127.0.0.1:9");
    String json =
        "{\"Node\":{\"ID\":1,\"Name\":\"a.\",\"Key\":\"%s\",\"Addresses\":[\"100.64.0.1/32\"]}}"
            .formatted(identity.nodeKey().publicKey().text());
    try (StateDirectory state = StateDirectory.open(temporary)) {
      state.saveMap(json.getBytes(StandardCharsets.UTF_8));
    }
    Files.setLastModifiedTime(
        temporary.resolve("netmap.json"), FileTime.from(Instant.now().minus(Duration.ofHours(1))));
    try (HeadscaleNode node = new HeadscaleNode(config("http://127.0.0.1:9").build())) {
      node.start();
      assertThat(node.ready()).isTrue();
      assertThat(node.status().mapAge().orElseThrow())
          .isBetween(Duration.ofMinutes(60), Duration.ofMinutes(62));
    }
  }

  @Test
  void aMapThatComesAfterALogoutChangesNothing() throws Exception {
    try (HeadscaleNode node = new HeadscaleNode(config("http://127.0.0.1:9").build())) {
      node.start();
      node.logout(Duration.ofSeconds(5));
      node.networkMap(map(""));
      assertThat(node.ready()).isFalse();
      assertThat(node.live()).isTrue();
      assertThat(node.status().state()).isEqualTo(NodeStatus.State.NEEDS_LOGIN);
    }
    assertThat(temporary.resolve("netmap.json")).doesNotExist();
  }
}
