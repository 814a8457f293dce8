package org.tailjar.headscale;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.tailjar.crypto.DiscoPrivateKey;
import org.tailjar.crypto.DiscoPublicKey;
import org.tailjar.crypto.MachinePrivateKey;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.transport.Dialer;

/**
 * What a peer, a user, the relays or the policy of a real headscale become is seen by another node.
 * {@link RecordedChangesTests} has what this test once saw; see {@link RealMapStream}.
 */
@Timeout(300)
class RealChangesTests {

  private static final List<EndpointType> LOCAL = List.of(EndpointType.LOCAL);

  @TempDir Path directory;
  private RealHeadscale headscale;

  private static NodePublicKey newKey() {
    return NodePrivateKey.generate().publicKey();
  }

  private static DiscoPublicKey newDisco() {
    return DiscoPrivateKey.generate().publicKey();
  }

  private static NetInfo at(int region) {
    return new NetInfo(null, null, null, true, null, region, Map.of(region + "-v4", 0.01), null);
  }

  private ControlClient client(MachinePrivateKey machine, String name, DiscoPublicKey disco)
      throws Exception {
    return new ControlClient(
        new ControlConfig(
            headscale.url(), Dialer.builder().build(), machine, Hostinfo.of(name), disco, "0.1.0"),
        new RecordingListener());
  }

  private static void poll(ControlClient client, NodePublicKey key) {
    Thread.ofVirtual().start(() -> client.poll(key));
  }

  private static String relays(String code) {
    return """
    regions:
      900:
        regionid: 900
        regioncode: %s
        regionname: From a file
        nodes: [{name: 900a, regionid: 900, hostname: 127.0.0.1, stunport: -1, derpport: 1}]
    """
        .formatted(code);
  }

  /** Peer 2 is there and is like this. */
  private static Predicate<NetworkMap> peer(Predicate<Node> condition) {
    return map -> map.peersById().containsKey(2L) && condition.test(map.peersById().get(2L));
  }

  @Test
  void everyChangeOfAPeerAUserTheRelaysAndThePolicyArrives() throws Exception {
    Path file = Files.writeString(directory.resolve("relays.yaml"), relays("one"));
    MachinePrivateKey machine = MachinePrivateKey.generate();
    NodePublicKey self = newKey();
    DiscoPublicKey disco = newDisco();
    try (RealHeadscale started = RealHeadscale.startWithRelays(directory, file)) {
      headscale = started;
      try (ControlClient client = client(machine, "alpha", disco)) {
        client.register(self, NodePublicKey.ZERO, headscale.authKey());
      }
      byte[] request =
          new LocalState(
                  0, Hostinfo.of("alpha").withNetInfo(at(999)), List.of("192.0.2.1:41641"), LOCAL)
              .mapRequest(self, disco, true);
      try (RealMapStream stream = RealMapStream.open(headscale.url(), machine, request)) {
        stream.await(map -> map.self().key().equals(self));
        changesOfAPeer(stream);
        changesOfOthers(stream, file);
      }
    }
  }

  private void changesOfAPeer(RealMapStream stream) throws Exception {
    MachinePrivateKey machine = MachinePrivateKey.generate();
    NodePublicKey key = newKey();
    NodePublicKey next = newKey();
    DiscoPublicKey disco = newDisco();
    Hostinfo hostinfo = Hostinfo.of("beta");
    try (ControlClient client = client(machine, "beta", disco)) {
      client.register(key, NodePublicKey.ZERO, headscale.authKey());
      poll(client, key);
      stream.await(peer(p -> Boolean.TRUE.equals(p.online()) && disco.equals(p.discoKey())));
      for (String endpoint : List.of("192.0.2.2:41641", "192.0.2.9:41641")) {
        client.updateLocal(hostinfo, List.of(endpoint), LOCAL, at(999));
        stream.await(peer(p -> List.of(endpoint).equals(p.endpoints()) && p.homeDerp() == 999));
      }
      client.updateLocal(hostinfo, List.of("192.0.2.9:41641"), LOCAL, at(900));
      stream.await(peer(p -> p.homeDerp() == 900));
      headscale.run("nodes", "expire", "-i", "2", "-e", "2100-01-01T00:00:00Z");
      stream.await(peer(p -> Instant.parse("2100-01-01T00:00:00Z").equals(p.keyExpiry())));
      headscale.run("nodes", "expire", "-i", "2", "-d");
      stream.await(peer(p -> p.keyExpiry() == null));
      headscale.run("nodes", "expire", "-i", "2");
      stream.await(map -> map.isExpired(map.peersById().get(2L), Instant.now()));
    }
    DiscoPublicKey nextDisco = newDisco();
    try (ControlClient client = client(machine, "beta", nextDisco)) {
      client.register(next, key, headscale.authKey());
      poll(client, next);
      NetworkMap map = stream.await(peer(p -> nextDisco.equals(p.discoKey())));
      Node peer = map.peersById().get(2L);
      assertThat(peer.key()).isEqualTo(next);
      assertThat(map.isExpired(peer, Instant.now())).isFalse();
    }
  }

  private void changesOfOthers(RealMapStream stream, Path relays) throws Exception {
    headscale.run("users", "create", "u2");
    try (ControlClient client = client(MachinePrivateKey.generate(), "gamma", newDisco())) {
      client.register(newKey(), NodePublicKey.ZERO, headscale.authKey(2));
    }
    NetworkMap joined = stream.await(map -> map.userProfiles().containsKey(2L));
    assertThat(joined.userProfiles().get(2L).loginName()).isEqualTo("u2");
    headscale.run("nodes", "rename", "-i", "2", "renamed");
    stream.await(peer(p -> p.name().equals("renamed.example.ts.")));
    headscale.policy(
        """
        {"grants":[{"src":["*"],"dst":["*"],"ip":["tcp:22"]}],
         "ssh":[{"action":"accept","src":["autogroup:member"],"dst":["autogroup:self"],
          "users":["root"]}]}\
        """);
    stream.await(
        map ->
            map.packetFilter().stream()
                .flatMap(rule -> rule.dstPorts().stream())
                .anyMatch(range -> range.ports().equals(new PortRange(22, 22))));
    Files.writeString(relays, relays("two"));
    stream.await(
        map -> {
          DerpMapWire derp = Objects.requireNonNull(map.derpMap());
          return "two".equals(derp.regions().get("900").regionCode());
        });
    headscale.run("nodes", "delete", "-i", "3", "--force");
    stream.await(map -> !map.peersById().containsKey(3L));
  }
}
