package org.tailjar.tailnet;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.tailjar.crypto.DiscoPrivateKey;
import org.tailjar.crypto.MachinePrivateKey;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.derp.DerpConfig;
import org.tailjar.derp.DerpConnections;
import org.tailjar.derp.DerpInput;
import org.tailjar.derp.DerpListener;
import org.tailjar.derp.DerpMap;
import org.tailjar.derp.DerpNode;
import org.tailjar.derp.DerpRegion;
import org.tailjar.headscale.AuthKey;
import org.tailjar.headscale.ControlClient;
import org.tailjar.headscale.ControlConfig;
import org.tailjar.headscale.ControlListener;
import org.tailjar.headscale.Hostinfo;
import org.tailjar.headscale.MapResponse;
import org.tailjar.headscale.NetworkMap;
import org.tailjar.headscale.Node;
import org.tailjar.headscale.ServerUrl;
import org.tailjar.headscale.WireJson;
import org.tailjar.magicsock.LocalPaths;
import org.tailjar.packet.InMemoryDevice;
import org.tailjar.testkit.AuthKeyOptions;
import org.tailjar.testkit.TestTailnet;
import org.tailjar.transport.Dialer;

/** What happens many times leaves no descriptor, no thread and no memory behind. */
@Timeout(900)
class LeakTests {

  private static final int WARM_UP = 100;
  private static final int TIMES = 1000;
  private static final int PEERS = 10_000;

  @TempDir Path temporary;

  private static class Listener implements ControlListener {

    void mapCame() {}

    @Override
    public void networkMap(NetworkMap map) {
      mapCame();
    }

    @Override
    public void connected() {}

    @Override
    public void lost(String reason) {}

    @Override
    public void reRegister() {}
  }

  @Test
  void aThousandReconnectsToTheControlServer() throws Exception {
    try (TestTailnet tailnet = TestTailnet.start();
        CuttingProxy proxy = new CuttingProxy(tailnet.url().getPort())) {
      AtomicInteger maps = new AtomicInteger();
      NodePrivateKey key = NodePrivateKey.generate();
      ControlClient client =
          new ControlClient(
              new ControlConfig(
                  ServerUrl.parse("http://127.0.0.1:" + proxy.port()),
                  Dialer.builder().build(),
                  MachinePrivateKey.generate(),
                  Hostinfo.of("a"),
                  DiscoPrivateKey.generate().publicKey(),
                  "0.1.0",
                  // Each connection counts as a success: no growing pauses.
                  new ControlConfig.Timings(
                      Duration.ofSeconds(10),
                      Duration.ofSeconds(10),
                      Duration.ofSeconds(10),
                      Duration.ZERO)),
              new Listener() {
                @Override
                void mapCame() {
                  maps.incrementAndGet();
                  proxy.cut();
                }
              });
      try (client) {
        client.register(
            key.publicKey(),
            NodePublicKey.ZERO,
            AuthKey.of(tailnet.control().newAuthKey(AuthKeyOptions.REUSABLE)));
        Thread.ofVirtual().start(() -> client.poll(key.publicKey()));
        Await.until(() -> maps.get() >= WARM_UP);
        ResourceUse.assertLeavesNothing(
            TIMES + " reconnects to the control server",
            () -> {
              for (int i = 0; i < TIMES; i++) {
                int before = maps.get();
                Await.until(() -> maps.get() > before);
              }
            });
      }
    }
  }

  @Test
  void aThousandReconnectsToARelay() throws Exception {
    try (TestTailnet tailnet = TestTailnet.start()) {
      NodePrivateKey key = registered(tailnet);
      Semaphore connected = new Semaphore(0);
      int port = tailnet.url().getPort();
      try (DerpConnections relays =
          new DerpConnections(
              new DerpConfig(
                  key, Dialer.builder().build(), new DerpConfig.PlainHttpServer("127.0.0.1", port)),
              new DerpInput(8, () -> {}),
              new DerpListener() {
                @Override
                public void connected(int regionId) {
                  connected.release();
                }
              })) {
        relays.home(1);
        reconnect(relays, port, connected, WARM_UP);
        ResourceUse.assertLeavesNothing(
            TIMES + " reconnects to a relay", () -> reconnect(relays, port, connected, TIMES));
      }
    }
  }

  /** A key of a node that the relay lets in. */
  private static NodePrivateKey registered(TestTailnet tailnet) throws Exception {
    NodePrivateKey key = NodePrivateKey.generate();
    try (ControlClient client =
        new ControlClient(
            new ControlConfig(
                ServerUrl.parse(tailnet.url().toString()),
                Dialer.builder().build(),
                MachinePrivateKey.generate(),
                Hostinfo.of("a"),
                DiscoPrivateKey.generate().publicKey(),
                "0.1.0"),
            new Listener())) {
      client.register(
          key.publicKey(),
          NodePublicKey.ZERO,
          AuthKey.of(tailnet.control().newAuthKey(AuthKeyOptions.REUSABLE)));
    }
    return key;
  }

  /** A region whose servers change is connected to anew at once. */
  private static void reconnect(DerpConnections relays, int port, Semaphore connected, int times)
      throws Exception {
    for (int i = 0; i < times; i++) {
      relays.apply(relay("1" + (i % 2), port));
      connected.acquire();
    }
  }

  private static DerpMap relay(String name, int port) {
    DerpNode node = new DerpNode(name, 1, "127.0.0.1", "", "", "", -1, false, port, false);
    return DerpMap.of(Map.of(1, new DerpRegion(1, "r", "r", false, false, List.of(node))));
  }

  @Test
  void nodesThatAreStartedAndClosed() throws Exception {
    try (TestTailnet tailnet = TestTailnet.start()) {
      String key = tailnet.control().newAuthKey(AuthKeyOptions.REUSABLE);
      startAndClose(tailnet, key, 10);
      ResourceUse.assertLeavesNothing("50 lives of a node", () -> startAndClose(tailnet, key, 50));
    }
  }

  private void startAndClose(TestTailnet tailnet, String key, int times) throws Exception {
    for (int i = 0; i < times; i++) {
      try (TailnetNode node =
          Tailnet.open(
              NodeConfig.builder(tailnet.url())
                  .authKey(AuthKeySource.of(Secret.of(key)))
                  .state(new StateLocation.Directory(temporary))
                  .udpPort(0)
                  .build(),
              new InMemoryDevice("test", 1280))) {
        node.start();
        Await.until(node::ready);
      }
    }
  }

  /** An attachment by itself, with the maps that a test makes. */
  private static final class Attached implements Attachment.Observer, AutoCloseable {
    private final Attachment attachment;

    Attached() throws Exception {
      this(URI.create("http://127.0.0.1:9"), NodePrivateKey.generate());
    }

    Attached(URI server, NodePrivateKey key) throws Exception {
      Outbound outbound =
          Outbound.open(
              NodeConfig.builder(server).udpPort(0).build(),
              ServerUrl.parse(server.toString()),
              DiscoPrivateKey.generate(),
              Optional.empty());
      attachment =
          new Attachment(
              "test",
              () -> new PacketInterface.InMemory(new InMemoryDevice("test", 1280)),
              outbound::packetPath,
              false,
              SystemDns.unused(),
              this);
      attachment.open(key);
    }

    PacketPath path() {
      return Objects.requireNonNull(attachment.path());
    }

    /** Puts the map in force, and waits until the RX thread has done so. */
    void apply(NetworkMap map, NodePublicKey probe, boolean present) throws Exception {
      attachment.apply(map);
      Await.until(() -> (path().tunnel(probe) != null) == present);
    }

    @Override
    public void localPaths(LocalPaths local) {}

    @Override
    public void networkChanged() {}

    @Override
    public void close() {
      attachment.close(Deadline.in(Duration.ofSeconds(5)));
    }
  }

  private static byte[] key(int number) {
    byte[] bytes = new byte[32];
    new Random(number).nextBytes(bytes);
    return bytes;
  }

  /** A map with so many peers, each with one endpoint. */
  private static NetworkMap map(int peers, int port) throws Exception {
    StringBuilder json = new StringBuilder(peers * 300 + 300);
    json.append("{\"Node\":").append(node(1, port)).append(",\"Peers\":[");
    for (int i = 0; i < peers; i++) {
      json.append(i == 0 ? "" : ",").append(node(i + 2, port));
    }
    json.append("]}");
    return NetworkMap.of(
        WireJson.decode(MapResponse.class, json.toString().getBytes(StandardCharsets.UTF_8)),
        Instant.now());
  }

  private static String node(int id, int port) {
    String address = "100.%d.%d.%d".formatted(64 + (id >> 16), id >> 8 & 0xff, id & 0xff);
    return """
    {"ID":%d,"Name":"n%1$d.","Key":"nodekey:%s","DiscoKey":"discokey:%s","HomeDERP":1,
    "Addresses":["%s/32"],"AllowedIPs":["%4$s/32"],"Endpoints":["127.0.0.1:%d"],
    "Hostinfo":{"Hostname":"n%1$d"}}\
    """
        .formatted(
            id,
            HexFormat.of().formatHex(key(id)),
            HexFormat.of().formatHex(key(-id)),
            address,
            port);
  }

  @Test
  void tenThousandPeersThatComeAndGo() throws Exception {
    NetworkMap none = map(0, 9);
    NetworkMap all = map(PEERS, 9);
    NetworkMap moved = map(PEERS, 10);
    NodePublicKey last = NodePublicKey.of(key(PEERS + 1));
    try (Attached attached = new Attached()) {
      // Tables keep the size that they once needed.
      attached.apply(all, last, true);
      attached.apply(moved, last, true);
      attached.apply(none, last, false);
      ResourceUse.assertLeavesNothing(
          PEERS + " peers added and removed three times",
          () -> {
            for (int i = 0; i < 3; i++) {
              long start = System.nanoTime();
              attached.apply(all, last, true);
              long added = System.nanoTime();
              attached.apply(moved, last, true);
              long changed = System.nanoTime();
              attached.apply(none, last, false);
              long removed = System.nanoTime();
              System.out.printf(
                  Locale.ROOT,
                  "%d peers: added in %d ms, map changed in %d ms, removed in %d ms%n",
                  PEERS,
                  (added - start) / 1_000_000,
                  (changed - added) / 1_000_000,
                  (removed - changed) / 1_000_000);
            }
          });
    }
  }

  @Test
  void aThousandChangesOfPaths() throws Exception {
    NodePublicKey peer = NodePublicKey.of(key(2));
    try (Attached attached = new Attached()) {
      change(attached, peer, WARM_UP);
      ResourceUse.assertLeavesNothing(
          TIMES + " changes of paths", () -> change(attached, peer, TIMES));
    }
  }

  /** The peer is elsewhere, and this node as well. */
  private static void change(Attached attached, NodePublicKey peer, int times) throws Exception {
    for (int i = 0; i < times; i++) {
      attached.apply(map(1, 20_000 + i), peer, true);
      attached.path().networkChanged();
    }
    assertThat(attached.attachment.works()).isTrue();
  }

  @Test
  void aThousandFlipsBetweenADirectPathAndARelay() throws Exception {
    try (TestTailnet tailnet = TestTailnet.start()) {
      int port = tailnet.url().getPort();
      NodePrivateKey key = registered(tailnet);
      try (Attached attached = new Attached(tailnet.url(), key);
          DiscoPeer peer =
              new DiscoPeer(
                  registered(tailnet),
                  new DerpConfig.PlainHttpServer("127.0.0.1", port),
                  relay("1", port),
                  1)) {
        NetworkMap map = map(key.publicKey(), peer, port, tailnet.stun().port());
        attached.apply(map, peer.key(), true);
        Node node = map.peers().iterator().next();
        flip(attached, peer, node, WARM_UP);
        ResourceUse.assertLeavesNothing(
            TIMES + " flips between a direct path and a relay",
            () -> {
              long relayed = tailnet.derp().relayed();
              long start = System.nanoTime();
              flip(attached, peer, node, TIMES);
              System.out.printf(
                  Locale.ROOT,
                  "%d flips in %d ms%n",
                  TIMES,
                  (System.nanoTime() - start) / 1_000_000);
              // A ping and its pong for each time that the relay was the only way.
              assertThat(tailnet.derp().relayed() - relayed).isGreaterThanOrEqualTo(TIMES);
            });
      }
    }
  }

  /** A map with one peer, at the relay and at an address of UDP. */
  private static NetworkMap map(NodePublicKey self, DiscoPeer peer, int relayPort, int stunPort)
      throws Exception {
    String json =
        """
        {"Node":{"ID":1,"Name":"a.","Key":"%s","Addresses":["100.64.0.1/32"]},
        "Peers":[{"ID":2,"Name":"b.","Key":"%s","DiscoKey":"%s","HomeDERP":1,
        "Addresses":["100.64.0.2/32"],"Endpoints":["127.0.0.1:%d"],"Hostinfo":{"Hostname":"b"}}],
        "DERPMap":{"Regions":{"1":{"RegionID":1,"RegionCode":"r","RegionName":"r","Nodes":[
        {"Name":"1","RegionID":1,"HostName":"127.0.0.1","STUNPort":%d,"DERPPort":%d}]}}}}\
        """
            .formatted(
                self.text(), peer.key().text(), peer.discoKey(), peer.port(), stunPort, relayPort);
    return NetworkMap.of(
        WireJson.decode(MapResponse.class, json.getBytes(StandardCharsets.UTF_8)), Instant.now());
  }

  /** UDP to the peer is blocked and open again by turns, and each time a ping finds the way. */
  private static void flip(Attached attached, DiscoPeer peer, Node node, int times)
      throws Exception {
    InetAddress address = InetAddress.ofLiteral("100.64.0.2");
    for (int i = 0; i < times; i++) {
      boolean relayed = i % 2 == 0;
      peer.blockUdp(relayed);
      Class<?> wanted = relayed ? PingResult.Relayed.class : PingResult.Direct.class;
      PacketPath path = attached.path();
      do {
        // What was found is not believed any more, and is looked for anew.
        path.networkChanged();
      } while (!wanted.isInstance(path.ping(node, address, Duration.ofSeconds(1))));
      Await.until(() -> path.way(peer.key()).orElseThrow().trusted() != relayed);
    }
  }
}
