package org.tailjar.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.tailjar.crypto.DiscoPrivateKey;
import org.tailjar.crypto.DiscoPublicKey;
import org.tailjar.crypto.MachinePrivateKey;
import org.tailjar.crypto.MachinePublicKey;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.headscale.DerpMapWire;
import org.tailjar.headscale.Hostinfo;
import org.tailjar.headscale.MapRequest;
import org.tailjar.headscale.MapResponse;
import org.tailjar.headscale.NetInfo;
import org.tailjar.headscale.PeerChange;
import org.tailjar.headscale.RegisterAuth;
import org.tailjar.headscale.RegisterRequest;
import org.tailjar.headscale.WireJson;

/** Compares what the messages have in them with those that a real Headscale 0.29 sent. */
@Timeout(180)
class RealMessagesTests {

  private static final Path RECORDED =
      Path.of("../headscale/src/test/resources/org/tailjar/headscale/real");

  private static final NetInfo AT_RELAY =
      new NetInfo(null, null, null, null, null, TestTailnet.DERP_REGION, null, null);

  private final Registry registry =
      new Registry(
          new DerpMapWire(Map.of(), null, true),
          "example.ts",
          new Patience(Duration.ZERO, Duration.ZERO));

  /** A node without a network. */
  private final class Silent {
    private final MachinePublicKey machine = MachinePrivateKey.generate().publicKey();
    private final NodePublicKey key = NodePrivateKey.generate().publicKey();
    private final DiscoPublicKey discoKey = DiscoPrivateKey.generate().publicKey();
    private final Hostinfo hostinfo;

    Silent(String name) {
      hostinfo = Hostinfo.of(name).withNetInfo(AT_RELAY);
      RegisterAuth auth = new RegisterAuth(registry.issueAuthKey(AuthKeyOptions.ONCE));
      registry
          .register(
              machine,
              new RegisterRequest(119, key, NodePublicKey.ZERO, auth, null, null, hostinfo),
              null)
          .orElseThrow();
    }

    MapRequest request(String endpoint, boolean stream) {
      return new MapRequest(
          119, "", true, key, discoKey, stream, hostinfo, List.of(endpoint), null, !stream);
    }

    MapStream open() {
      return registry.open(machine, request("192.0.2.1:1", true)).orElseThrow();
    }
  }

  @AfterEach
  void stop() {
    registry.close();
  }

  @Test
  void theFirstMapIsAsFull() throws Exception {
    MapResponse ours = next(new Silent("alpha").open());
    MapResponse real = recorded("00");
    assertThat(parts(ours)).isEqualTo(parts(real));
    assertThat(parts(ours.node())).isEqualTo(parts(real.node()));
    assertThat(ours.dnsConfig().routes()).isEqualTo(real.dnsConfig().routes());
    assertThat(ours.node().capMap()).isEqualTo(real.node().capMap());
    assertThat(ours.packetFilters()).isEqualTo(real.packetFilters());
  }

  @Test
  void aNodeHearsOfItsOwnChange() throws Exception {
    Silent alpha = new Silent("alpha");
    MapStream stream = alpha.open();
    next(stream);
    registry.update(alpha.machine, alpha.request("192.0.2.1:2", false));
    assertAlike(next(stream), recorded("01"));
  }

  @Test
  void aPeerThatConnectsIsToldWholeAndThenOnline() throws Exception {
    MapStream stream = new Silent("alpha").open();
    next(stream);
    Silent beta = new Silent("beta");
    next(stream); // as one that is not connected yet
    beta.open();
    // What one that has chosen its relay is like.
    MapResponse whole = next(stream);
    assertThat(parts(whole)).isEqualTo(parts(recorded("13")));
    assertThat(parts(next(stream).peersChangedPatch().getFirst()))
        .isEqualTo(parts(recorded("05").peersChangedPatch().getFirst()));
  }

  @Test
  void aPeerThatIsOfflineIsPatchedSo() throws Exception {
    MapStream stream = new Silent("alpha").open();
    next(stream);
    Silent beta = new Silent("beta");
    MapStream betas = beta.open();
    for (int i = 0; i < 3; i++) {
      next(stream);
    }
    registry.close(betas);
    PeerChange offline = next(stream).peersChangedPatch().getFirst();
    assertThat(offline).isEqualTo(recorded("12").peersChangedPatch().getFirst());
  }

  @Test
  void aPeerThatIsDeletedComesWithFilterAndDns() throws Exception {
    MapStream stream = new Silent("alpha").open();
    next(stream);
    new Silent("beta");
    next(stream);
    registry.remove(2);
    Set<String> real = parts(recorded("11"));
    // Ours does not tell the others again.
    real.removeAll(Set.of("peersChanged", "userProfiles"));
    assertThat(parts(next(stream))).isEqualTo(real);
  }

  @Test
  void anExpiredNodeHearsOfIt() throws Exception {
    MapStream stream = new Silent("alpha").open();
    next(stream);
    registry.expire(1);
    assertAlike(next(stream), recorded("15"));
  }

  private static void assertAlike(MapResponse ours, MapResponse real) throws Exception {
    assertThat(parts(ours)).isEqualTo(parts(real));
    assertThat(parts(ours.node())).isEqualTo(parts(real.node()));
  }

  private static MapResponse next(MapStream stream) throws InterruptedException {
    return Objects.requireNonNull(stream.next(Duration.ofSeconds(20)));
  }

  private static MapResponse recorded(String number) throws Exception {
    byte[] json = Files.readAllBytes(RECORDED.resolve("map-" + number + ".json"));
    return WireJson.decode(MapResponse.class, json);
  }

  /** The names of the components that have a value. */
  private static Set<String> parts(@Nullable Record message) throws Exception {
    Set<String> parts = new TreeSet<>();
    for (RecordComponent component :
        Objects.requireNonNull(message).getClass().getRecordComponents()) {
      Object value = component.getAccessor().invoke(message);
      if (value != null && !List.of(false, 0, 0L, "").contains(value)) {
        parts.add(component.getName());
      }
    }
    return parts;
  }
}
