package org.tailjar.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
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
import org.tailjar.derp.DerpClient;
import org.tailjar.derp.DerpConfig;
import org.tailjar.derp.DerpInput;
import org.tailjar.derp.DerpListener;
import org.tailjar.derp.DerpNode;
import org.tailjar.derp.DerpRegion;
import org.tailjar.transport.Dialer;

@Timeout(180)
class DerpServerTests {

  private TestTailnet tailnet;

  /** A node at the relay. */
  private final class AtRelay implements DerpListener, AutoCloseable {
    private final NodePublicKey key;
    private final DerpClient client;
    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
    private final Semaphore received = new Semaphore(0);

    AtRelay(NodePrivateKey privateKey) throws IOException {
      key = privateKey.publicKey();
      int port = tailnet.url().getPort();
      DerpNode node =
          new DerpNode(
              "999a", 999, "127.0.0.1", "", "", DerpNode.NO_ADDRESS, -1, false, port, false);
      client =
          new DerpClient(
              new DerpConfig(
                  privateKey,
                  Dialer.builder().build(),
                  new DerpConfig.PlainHttpServer("127.0.0.1", port)),
              new DerpRegion(999, "test", "Test", false, false, List.of(node)),
              new DerpInput(8, received::release),
              this);
      client.home(true);
    }

    void send(AtRelay to) {
      client.send(to.key, MemorySegment.ofArray(new byte[] {1, 2, 3}), 0, 3);
    }

    String event() throws InterruptedException {
      return String.valueOf(events.poll(60, TimeUnit.SECONDS));
    }

    @Override
    public void connected(int regionId) {
      events.add("connected");
    }

    @Override
    public void disconnected(int regionId, String reason) {
      events.add("disconnected");
    }

    @Override
    public void peerGone(int regionId, NodePublicKey peer, boolean notHere) {
      events.add((notHere ? "never here: " : "gone: ") + peer);
    }

    @Override
    public void close() {
      client.close();
    }
  }

  @BeforeEach
  void start() throws IOException {
    tailnet = TestTailnet.start();
  }

  @AfterEach
  void stop() {
    tailnet.close();
  }

  private NodePrivateKey joined(String name) throws IOException {
    try (ClientNode node = new ClientNode(tailnet, name)) {
      node.register(tailnet.control().newAuthKey(AuthKeyOptions.ONCE));
      return node.privateKey();
    }
  }

  @Test
  void whoWasSentToIsToldOfTheEnd() throws Exception {
    try (AtRelay receiver = new AtRelay(joined("beta"))) {
      assertThat(receiver.event()).isEqualTo("connected");
      NodePublicKey gone;
      try (AtRelay sender = new AtRelay(joined("alpha"))) {
        assertThat(sender.event()).isEqualTo("connected");
        gone = sender.key;
        sender.send(receiver);
        assertThat(receiver.received.tryAcquire(60, TimeUnit.SECONDS)).isTrue();
      }
      assertThat(receiver.event()).isEqualTo("gone: " + gone);
    }
  }

  @Test
  void whoSendsToOneThatIsNotThereIsTold() throws Exception {
    try (AtRelay sender = new AtRelay(joined("alpha"))) {
      assertThat(sender.event()).isEqualTo("connected");
      AtRelay absent = new AtRelay(NodePrivateKey.generate());
      absent.close();
      sender.send(absent);
      assertThat(sender.event()).isEqualTo("never here: " + absent.key);
    }
  }

  @Test
  void aStrangerIsTurnedAway() throws Exception {
    try (AtRelay stranger = new AtRelay(NodePrivateKey.generate())) {
      assertThat(stranger.event()).isEqualTo("disconnected");
    }
  }
}
