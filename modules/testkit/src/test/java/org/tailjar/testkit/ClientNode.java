package org.tailjar.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.DiscoPrivateKey;
import org.tailjar.crypto.MachinePrivateKey;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.headscale.AuthKey;
import org.tailjar.headscale.ControlClient;
import org.tailjar.headscale.ControlConfig;
import org.tailjar.headscale.ControlListener;
import org.tailjar.headscale.EndpointType;
import org.tailjar.headscale.Hostinfo;
import org.tailjar.headscale.NetInfo;
import org.tailjar.headscale.NetworkMap;
import org.tailjar.headscale.Node;
import org.tailjar.headscale.Registration;
import org.tailjar.headscale.ServerUrl;
import org.tailjar.transport.Dialer;

/** The control side of a node, on the product's own client. */
final class ClientNode implements ControlListener, AutoCloseable {

  private final TestTailnet tailnet;
  private final String name;
  private final NodePrivateKey privateKey = NodePrivateKey.generate();
  private final NodePublicKey key = privateKey.publicKey();
  private final MachinePrivateKey machine = MachinePrivateKey.generate();
  private final Semaphore toRegister = new Semaphore(0);
  private ControlClient client;
  private final LinkedBlockingQueue<NetworkMap> maps = new LinkedBlockingQueue<>();

  ClientNode(TestTailnet tailnet, String name) throws IOException {
    this.tailnet = tailnet;
    this.name = name;
    client = connect();
  }

  private ControlClient connect() throws IOException {
    return new ControlClient(
        new ControlConfig(
            ServerUrl.parse(tailnet.url().toString()),
            Dialer.builder().build(),
            machine,
            Hostinfo.of(name),
            DiscoPrivateKey.generate().publicKey(),
            "0.1.0"),
        this);
  }

  /** Drops the connection and follows the map by another. */
  void reconnect() throws IOException {
    client.close();
    client = connect();
    follow(client);
  }

  private void follow(ControlClient by) {
    Thread.ofVirtual().start(() -> by.poll(key));
  }

  /** Registers, and follows the map. */
  void join(AuthKeyOptions options) throws IOException {
    assertThat(register(tailnet.control().newAuthKey(options)))
        .isInstanceOf(Registration.Registered.class);
    follow(client);
  }

  Registration register(@Nullable String authKey) throws IOException {
    return client.register(key, NodePublicKey.ZERO, authKey == null ? null : AuthKey.of(authKey));
  }

  CompletableFuture<Registration> awaitLogin(String url) {
    CompletableFuture<Registration> outcome = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                outcome.complete(client.awaitLogin(key, NodePublicKey.ZERO, url));
              } catch (IOException e) {
                outcome.completeExceptionally(e);
              }
            });
    return outcome;
  }

  void announce(String endpoint, int homeDerp) {
    client.updateLocal(
        Hostinfo.of(name),
        List.of(endpoint),
        List.of(EndpointType.LOCAL),
        new NetInfo(null, null, null, null, null, homeDerp, null, null));
  }

  void logout() throws IOException {
    client.logout(key);
  }

  NodePrivateKey privateKey() {
    return privateKey;
  }

  NodePublicKey key() {
    return key;
  }

  /** Its number, which the server knows. */
  long id() {
    return find(tailnet.control().nodes()).id();
  }

  /** This node among the peers of another; null when absent. */
  @Nullable Node find(Collection<Node> peers) {
    return peers.stream().filter(p -> p.key().equals(key)).findFirst().orElse(null);
  }

  /** The next map that a condition holds for. */
  NetworkMap awaitMap(Predicate<NetworkMap> condition) throws InterruptedException {
    while (true) {
      NetworkMap map = maps.poll(60, TimeUnit.SECONDS);
      assertThat(map).as("a map for %s", name).isNotNull();
      if (condition.test(map)) {
        return map;
      }
    }
  }

  @Override
  public void networkMap(NetworkMap map) {
    maps.add(map);
  }

  @Override
  public void connected() {}

  @Override
  public void lost(String reason) {}

  @Override
  public void reRegister() {
    toRegister.release();
  }

  /** Waits until the server no longer knows it. */
  void awaitUnknown() throws InterruptedException {
    assertThat(toRegister.tryAcquire(60, TimeUnit.SECONDS)).as("%s is unknown", name).isTrue();
  }

  @Override
  public void close() {
    client.close();
  }
}
