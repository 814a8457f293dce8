package org.tailjar.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.dataplane.Namespaces.Program;

/**
 * Our packet path with a TUN device and UDP sockets on one side (left), a real {@code wireguard-go}
 * on the other, each in a network namespace of its own.
 */
@Timeout(180)
class RealWireGuardTests {

  private static final String OUR_ADDRESS = "100.64.0.1";
  private static final String OUR_ADDRESS6 = "fd7a:115c:a1e0::1";
  private static final String PEER_ADDRESS = "100.64.0.2";
  private static final String PEER_ADDRESS6 = "fd7a:115c:a1e0::2";
  private static final String OURS = OUR_ADDRESS + "," + OUR_ADDRESS6;
  private static final String PEERS = PEER_ADDRESS + "," + PEER_ADDRESS6;
  private static final int OUR_PORT = 41641;
  private static final int PEER_PORT = 51820;
  private static final int MTU = 1420;
  private static final long MEGABYTES_20 = 20 << 20;

  /** The kernel's multicast (router solicitations) goes nowhere, which is right. */
  private static final String NOTHING_LOST = ".* refused=0 drops=\\{(OUT_FILTERED=\\d+)?}";

  @TempDir Path directory;

  private final NodePrivateKey ourKey = NodePrivateKey.generate();
  private final NodePrivateKey peerKey = NodePrivateKey.generate();
  private final String peerLink = "tjw" + ProcessHandle.current().pid();
  private Namespaces namespaces;

  @BeforeEach
  void open() throws IOException, InterruptedException {
    namespaces = Namespaces.open("wg", "wireguard-go");
  }

  @AfterEach
  void close() throws IOException {
    if (namespaces != null) {
      namespaces.close();
    }
  }

  /** Starts our end; its handshakes, when they are ours to begin, go to the peer's address. */
  private Program tunnel(boolean knowsPeer, String renewal)
      throws IOException, InterruptedException {
    Program tunnel =
        namespaces.java(
            namespaces.left(),
            TunnelMain.class,
            "tj0",
            Integer.toString(MTU),
            Integer.toString(OUR_PORT),
            HexFormat.of().formatHex(peerKey.publicKey().bytes()),
            knowsPeer ? Namespaces.RIGHT_ADDRESS : "-",
            Integer.toString(PEER_PORT),
            renewal,
            OURS,
            PEERS);
    tunnel.say(ourKey.secretText().substring("privkey:".length()));
    tunnel.hear("ready");
    namespaces.configure(namespaces.left(), "tj0", OUR_ADDRESS + "/24", OUR_ADDRESS6 + "/64");
    return tunnel;
  }

  private void wireGuardGo(boolean knowsUs) throws IOException, InterruptedException {
    namespaces.program(namespaces.right(), "wireguard-go", "-f", peerLink);
    namespaces.awaitLink(namespaces.right(), peerLink);
    Path keyFile = directory.resolve("key");
    byte[] key = HexFormat.of().parseHex(peerKey.secretText().substring("privkey:".length()));
    Files.writeString(keyFile, Base64.getEncoder().encodeToString(key));
    String endpoint = knowsUs ? "endpoint " + Namespaces.LEFT_ADDRESS + ":" + OUR_PORT : "";
    Path socket = Path.of("/var/run/wireguard", peerLink + ".sock");
    for (int i = 0; i < 200 && !Files.exists(socket); i++) {
      Thread.sleep(50);
    }
    String command =
        "ip netns exec %s wg set %s private-key %s listen-port %d peer %s allowed-ips %s %s"
            .formatted(
                namespaces.right(),
                peerLink,
                keyFile,
                PEER_PORT,
                Base64.getEncoder().encodeToString(ourKey.publicKey().bytes()),
                OURS,
                endpoint);
    Namespaces.run(command.strip().split(" +"));
    Namespaces.run(
        "ip", "-n", namespaces.right(), "link", "set", peerLink, "mtu", Integer.toString(MTU));
    namespaces.configure(namespaces.right(), peerLink, PEER_ADDRESS + "/24", PEER_ADDRESS6 + "/64");
  }

  /** Sends 20 MB each way over one TCP connection; the namespace that begins it is given. */
  private void transfer(boolean fromLeft, String address, long millis) throws IOException {
    String from = fromLeft ? namespaces.left() : namespaces.right();
    String to = fromLeft ? namespaces.right() : namespaces.left();
    String bytes = Long.toString(MEGABYTES_20);
    String least = Long.toString(millis);
    Program server =
        namespaces.java(to, TransferMain.class, "listen", address, "7000", bytes, least);
    server.hear("listening");
    Program client =
        namespaces.java(from, TransferMain.class, "connect", address, "7000", bytes, least);
    String[] atClient = client.hear("sent ").split(" received ");
    String[] atServer = server.hear("sent ").split(" received ");
    assertThat(atClient).hasSize(2);
    assertThat(atServer[1]).as("what the listener received").isEqualTo(atClient[0]);
    assertThat(atClient[1]).as("what the other received").isEqualTo(atServer[0]);
  }

  private static int number(String statistics, String name) {
    var matcher = Pattern.compile(name + "=([0-9]+)").matcher(statistics);
    assertThat(matcher.find()).isTrue();
    return Integer.parseInt(matcher.group(1));
  }

  @ParameterizedTest
  @ValueSource(strings = {PEER_ADDRESS, PEER_ADDRESS6})
  void asInitiatorDataCrossesUnharmed(String address) throws IOException, InterruptedException {
    wireGuardGo(false);
    Program tunnel = tunnel(true, "standard");

    transfer(true, address, 0);

    tunnel.say("statistics");
    String statistics = tunnel.hear("stats");
    assertThat(statistics).matches(NOTHING_LOST).contains("handshakes=1 ");
    assertThat(number(statistics, "packetsOut")).isGreaterThan(10_000);
  }

  @ParameterizedTest
  @ValueSource(strings = {OUR_ADDRESS, OUR_ADDRESS6})
  void asResponderDataCrossesUnharmed(String address) throws IOException, InterruptedException {
    wireGuardGo(true);
    Program tunnel = tunnel(false, "standard");

    transfer(false, address, 0);

    tunnel.say("statistics");
    assertThat(tunnel.hear("stats")).matches(NOTHING_LOST).contains("handshakes=1 ");
  }

  @Test
  void dataCrossesUnharmedWhileKeysAreRenewed() throws IOException, InterruptedException {
    wireGuardGo(true);
    Program tunnel = tunnel(true, "1000");

    transfer(true, PEER_ADDRESS, 5000);

    tunnel.say("statistics");
    String statistics = tunnel.hear("stats");
    assertThat(number(statistics, "handshakes")).isGreaterThanOrEqualTo(4);
    assertThat(statistics).matches(NOTHING_LOST);
  }
}
