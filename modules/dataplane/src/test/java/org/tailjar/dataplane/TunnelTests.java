package org.tailjar.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.dataplane.Namespaces.Program;

/** Two of our own packet paths, with TUN devices and UDP sockets, in a network namespace each. */
@Timeout(120)
class TunnelTests {

  private static final String LEFT = "100.64.0.1";
  private static final String RIGHT = "100.64.0.2";
  private static final int PORT = 41641;
  private static final long BYTES = 100_000_000;

  private static Program tunnel(
      Namespaces namespaces,
      String namespace,
      NodePrivateKey key,
      NodePublicKey peer,
      String peerUdp,
      String own,
      String peers,
      int queues)
      throws IOException, InterruptedException {
    Program tunnel =
        namespaces.java(
            namespace,
            TunnelMain.class,
            "-Dqueues=" + queues,
            "tj0",
            "1280",
            Integer.toString(PORT),
            HexFormat.of().formatHex(peer.bytes()),
            peerUdp,
            Integer.toString(PORT),
            "standard",
            own,
            peers);
    tunnel.say(key.secretText().substring("privkey:".length()));
    tunnel.hear("ready");
    namespaces.configure(namespace, "tj0", own + "/24");
    return tunnel;
  }

  /** Both ends of a tunnel. */
  private static List<Program> tunnels(Namespaces namespaces, int queues)
      throws IOException, InterruptedException {
    NodePrivateKey leftKey = NodePrivateKey.generate();
    NodePrivateKey rightKey = NodePrivateKey.generate();
    Program left =
        tunnel(
            namespaces,
            namespaces.left(),
            leftKey,
            rightKey.publicKey(),
            Namespaces.RIGHT_ADDRESS,
            LEFT,
            RIGHT,
            queues);
    Program right =
        tunnel(
            namespaces,
            namespaces.right(),
            rightKey,
            leftKey.publicKey(),
            Namespaces.LEFT_ADDRESS,
            RIGHT,
            LEFT,
            queues);
    return List.of(left, right);
  }

  private static double mean(String statistics, String name) {
    Matcher matcher = Pattern.compile(name + "=([0-9.]+)").matcher(statistics);
    assertThat(matcher.find()).isTrue();
    return Double.parseDouble(matcher.group(1));
  }

  @Test
  void aBulkTransferTakesOneCallForDozensOfPackets() throws IOException, InterruptedException {
    try (Namespaces namespaces = Namespaces.open()) {
      List<Program> ends = tunnels(namespaces, 1);
      Program left = ends.getFirst();
      Program right = ends.getLast();
      Program listener =
          namespaces.java(
              namespaces.right(), TransferMain.class, "listen", RIGHT, "7000", "0", "0");
      listener.hear("listening");
      Program sender =
          namespaces.java(
              namespaces.left(),
              TransferMain.class,
              "connect",
              RIGHT,
              "7000",
              Long.toString(BYTES),
              "0");
      String sent = sender.hear("sent ").split(" received ")[0];
      assertThat(listener.hear("sent ").split(" received ")[1]).isEqualTo(sent);

      left.say("statistics");
      right.say("statistics");
      String atSender = left.hear("stats");
      String atReceiver = right.hear("stats");
      assertThat(mean(atSender, "tunRead")).as(atSender).isGreaterThanOrEqualTo(20);
      assertThat(mean(atSender, "udpSend")).as(atSender).isGreaterThanOrEqualTo(20);
      assertThat(mean(atReceiver, "udpReceive")).as(atReceiver).isGreaterThanOrEqualTo(20);
      assertThat(mean(atReceiver, "tunWrite")).as(atReceiver).isGreaterThanOrEqualTo(20);
    }
  }

  /** More threads than the machine may have processors, on one session, which one of them opens. */
  @Test
  void manyFlowsGoByAllQueuesAndNoneIsTakenForReplayed() throws IOException, InterruptedException {
    try (Namespaces namespaces = Namespaces.open("iperf3", "sh")) {
      List<Program> ends = tunnels(namespaces, 4);
      assertThat(look(namespaces, "cat /sys/class/net/tj0/owner")).isEqualTo("0");
      assertThat(look(namespaces, "ls -d /sys/class/net/tj0/queues/tx-* | wc -l")).isEqualTo("4");
      Program server = namespaces.program(namespaces.right(), "iperf3", "-s", "-1", "--forceflush");
      server.hear("Server listening");
      Program client =
          namespaces.program(
              namespaces.left(), "iperf3", "-c", RIGHT, "-P", "12", "-t", "3", "--bidir");
      client.hear("iperf Done");
      for (Program end : ends) {
        end.say("statistics");
        String statistics = end.hear("stats");
        assertThat(mean(statistics, "busy")).as(statistics).isGreaterThanOrEqualTo(3);
        assertThat(statistics)
            .contains("refused=0")
            .containsPattern("receiving=\\[(tailjar-rx-0, )?tailjar-rx-3]")
            .matches(".*drops=\\{(OUT_FILTERED=\\d+|OUT_NO_PEER=\\d+|, )*}");
      }
    }
  }

  private static String look(Namespaces namespaces, String command) throws IOException {
    return namespaces.program(namespaces.left(), "sh", "-c", command).hear("");
  }
}
