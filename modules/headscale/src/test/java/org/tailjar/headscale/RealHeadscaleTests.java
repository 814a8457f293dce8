package org.tailjar.headscale;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.tailjar.crypto.DiscoPrivateKey;
import org.tailjar.crypto.MachinePrivateKey;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.transport.Dialer;

/** The control client against a real headscale. */
@Timeout(300)
class RealHeadscaleTests {

  private static RealHeadscale headscale;

  @BeforeAll
  static void startHeadscale(@TempDir Path directory) throws Exception {
    headscale = RealHeadscale.startIn(directory, false);
  }

  @AfterAll
  static void stopHeadscale() throws Exception {
    if (headscale != null) {
      headscale.close();
    }
  }

  private record Machine(
      MachinePrivateKey machine, DiscoPrivateKey disco, String name, RecordingListener listener) {
    static Machine named(String name) {
      return new Machine(
          MachinePrivateKey.generate(), DiscoPrivateKey.generate(), name, new RecordingListener());
    }

    ControlClient client() throws Exception {
      return new ControlClient(
          new ControlConfig(
              headscale.url(),
              Dialer.builder().build(),
              machine,
              Hostinfo.of(name),
              disco.publicKey(),
              "0.1.0"),
          listener);
    }
  }

  private static Thread poll(ControlClient client, NodePublicKey key) {
    return Thread.ofVirtual().start(() -> client.poll(key));
  }

  @Test
  void aNodeJoinsWithAKeyAndReceivesItsMap() throws Exception {
    Machine one = Machine.named("alpha");
    NodePublicKey key = newKey();
    try (ControlClient client = one.client()) {
      assertThat(client.register(key, NodePublicKey.ZERO, headscale.authKey()))
          .isInstanceOf(Registration.Registered.class);
      poll(client, key);
      NetworkMap map = one.listener().await(RecordingListener.Map.class).map();
      assertThat(map.self().key()).isEqualTo(key);
      assertThat(map.self().name()).isEqualTo("alpha.example.ts.");
      assertThat(map.self().addresses()).hasSize(2);
      assertThat(map.derpMap().regions()).containsKey("999");
    }
  }

  @Test
  void peersSeeEachOtherComeAndChangeAndGo() throws Exception {
    Machine one = Machine.named("beta");
    Machine two = Machine.named("gamma");
    NodePublicKey oneKey = newKey();
    NodePublicKey twoKey = newKey();
    try (ControlClient first = one.client();
        ControlClient second = two.client()) {
      first.register(oneKey, NodePublicKey.ZERO, headscale.authKey());
      poll(first, oneKey);
      one.listener().await(RecordingListener.Connected.class);

      second.register(twoKey, NodePublicKey.ZERO, headscale.authKey("--ephemeral"));
      poll(second, twoKey);
      Node peer =
          one
              .listener()
              .await(RecordingListener.Map.class, e -> peer(e.map(), twoKey) != null)
              .map()
              .peers()
              .stream()
              .filter(p -> p.key().equals(twoKey))
              .findFirst()
              .orElseThrow();
      assertThat(peer.name()).isEqualTo("gamma.example.ts.");

      NetInfo netInfo =
          new NetInfo(null, null, null, true, null, 999, java.util.Map.of("999-v4", 0.01), null);
      second.updateLocal(
          Hostinfo.of("gamma"), List.of("192.0.2.7:41641"), List.of(EndpointType.LOCAL), netInfo);
      one.listener()
          .await(
              RecordingListener.Map.class,
              e -> {
                Node p = peer(e.map(), twoKey);
                return p != null
                    && p.homeDerp() == 999
                    && List.of("192.0.2.7:41641").equals(p.endpoints());
              });

      second.logout(twoKey);
      one.listener().await(RecordingListener.Map.class, e -> peer(e.map(), twoKey) == null);
    }
  }

  private static Node peer(NetworkMap map, NodePublicKey key) {
    return map.peers().stream().filter(p -> p.key().equals(key)).findFirst().orElse(null);
  }

  private static NodePublicKey newKey() {
    return NodePrivateKey.generate().publicKey();
  }

  @Test
  void aRestartNeedsNoKeyAndKeepsTheNode() throws Exception {
    Machine one = Machine.named("delta");
    NodePublicKey key = newKey();
    AuthKey once = headscale.authKey();
    List<String> addresses;
    try (ControlClient client = one.client()) {
      client.register(key, NodePublicKey.ZERO, once);
      poll(client, key);
      addresses = one.listener().await(RecordingListener.Map.class).map().self().addresses();
    }
    try (ControlClient client = one.client()) {
      assertThat(client.register(key, NodePublicKey.ZERO, null))
          .isInstanceOf(Registration.Registered.class);
      poll(client, key);
      assertThat(one.listener().await(RecordingListener.Map.class).map().self().addresses())
          .isEqualTo(addresses);
    }
    try (ControlClient other = Machine.named("epsilon").client()) {
      Registration used = other.register(newKey(), NodePublicKey.ZERO, once);
      assertThat(used).isEqualTo(new Registration.Rejected("authkey already used"));
      assertThat(((Registration.Rejected) used).isAuthKeyFault()).isTrue();
    }
  }

  @Test
  void aPersonApprovesANodeThatHasNoKey() throws Exception {
    Machine one = Machine.named("zeta");
    NodePublicKey key = newKey();
    try (ControlClient client = one.client()) {
      Registration first = client.register(key, NodePublicKey.ZERO, null);
      assertThat(first).isInstanceOf(Registration.NeedsLogin.class);
      String url = ((Registration.NeedsLogin) first).authUrl();
      assertThat(url).startsWith(headscale.url() + "/register/");
      CompletableFuture<Registration> approval = new CompletableFuture<>();
      Thread.ofVirtual()
          .start(
              () -> {
                try {
                  approval.complete(client.awaitLogin(key, NodePublicKey.ZERO, url));
                } catch (IOException e) {
                  approval.completeExceptionally(e);
                }
              });
      headscale.run(
          "auth", "register", "--auth-id", url.substring(url.lastIndexOf('/') + 1), "-u", "u1");
      assertThat(approval.get(60, TimeUnit.SECONDS)).isInstanceOf(Registration.Registered.class);
    }
  }

  @Test
  void aNodeThatLoggedOutComesBackWithANewKeyInPlaceOfTheOld() throws Exception {
    Machine one = Machine.named("eta");
    NodePublicKey old = newKey();
    NodePublicKey key = newKey();
    try (ControlClient client = one.client()) {
      client.register(old, NodePublicKey.ZERO, headscale.authKey());
      poll(client, old);
      Node before = one.listener().await(RecordingListener.Map.class).map().self();
      client.logout(old);
      one.listener().await(RecordingListener.Map.class, e -> e.map().self().expired());
      one.listener().await(RecordingListener.ReRegister.class);
      assertThat(client.register(old, NodePublicKey.ZERO, null))
          .isEqualTo(new Registration.KeyExpired());
      assertThat(client.register(key, old, headscale.authKey()))
          .isInstanceOf(Registration.Registered.class);
      poll(client, key);
      Node after =
          one.listener()
              .await(
                  RecordingListener.Map.class,
                  e -> e.map().self().key().equals(key) && !e.map().self().expired())
              .map()
              .self();
      assertThat(after.addresses()).isEqualTo(before.addresses());
    }
  }

  @Test
  void aServerThatRestartsIsFoundAgainAndADeletedNodeHasToRegister() throws Exception {
    Machine one = Machine.named("theta");
    NodePublicKey key = newKey();
    try (ControlClient client = one.client()) {
      client.register(key, NodePublicKey.ZERO, headscale.authKey());
      poll(client, key);
      Node self = one.listener().await(RecordingListener.Map.class).map().self();
      headscale.stop();
      one.listener().await(RecordingListener.Lost.class);
      headscale.restart();
      one.listener().await(RecordingListener.Connected.class);

      headscale.run("nodes", "delete", "-i", Long.toString(self.id()), "--force");
      headscale.stop();
      headscale.restart();
      one.listener().await(RecordingListener.ReRegister.class);
      assertThat(client.register(key, NodePublicKey.ZERO, null))
          .isInstanceOf(Registration.NeedsLogin.class);
    }
  }

  @Test
  void aNewPolicyArrivesAsAnotherFilter() throws Exception {
    Machine one = Machine.named("iota");
    NodePublicKey key = newKey();
    try (ControlClient client = one.client()) {
      client.register(key, NodePublicKey.ZERO, headscale.authKey());
      poll(client, key);
      assertThat(one.listener().await(RecordingListener.Map.class).map().packetFilter())
          .isNotEmpty();
      headscale.policy("{\"grants\":[]}");
      one.listener().await(RecordingListener.Map.class, e -> e.map().packetFilter().isEmpty());
      headscale.policy("{\"grants\":[{\"src\":[\"*\"],\"dst\":[\"*\"],\"ip\":[\"*\"]}]}");
      one.listener().await(RecordingListener.Map.class, e -> !e.map().packetFilter().isEmpty());
    }
  }

  @Test
  void aNodeJoinsOverTlsWithAPrivateAuthority(@TempDir Path directory) throws Exception {
    NodePublicKey key = newKey();
    RecordingListener listener = new RecordingListener();
    try (RealHeadscale secure = RealHeadscale.startIn(directory, true);
        ControlClient client =
            new ControlClient(
                new ControlConfig(
                    secure.url(),
                    Dialer.builder().extraAuthorities(secure.authority()).build(),
                    MachinePrivateKey.generate(),
                    Hostinfo.of("kappa"),
                    DiscoPrivateKey.generate().publicKey(),
                    "0.1.0"),
                listener)) {
      client.register(key, NodePublicKey.ZERO, secure.authKey());
      poll(client, key);
      assertThat(listener.await(RecordingListener.Map.class).map().self().key()).isEqualTo(key);
    }
  }
}
