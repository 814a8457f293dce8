package org.tailjar.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.HexFormat;
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
      String peers)
      throws IOException, InterruptedException {
    Program tunnel =
        namespaces.java(
            namespace,
            TunnelMain.class,
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

  private static double mean(String statistics, String name) {
    Matcher matcher = Pattern.compile(name + "=([0-9.]+)").matcher(statistics);
    assertThat(matcher.find()).isTrue();
    return Double.parseDouble(matcher.group(1));
  }

  @Test
  void aBulkTransferTakesOneCallForDozensOfPackets() throws IOException, InterruptedException {
    NodePrivateKey leftKey = NodePrivateKey.generate();
    NodePrivateKey rightKey = NodePrivateKey.generate();
    try (Namespaces namespaces = Namespaces.open()) {
      Program left =
          tunnel(
              namespaces,
              namespaces.left(),
              leftKey,
              rightKey.publicKey(),
              Namespaces.RIGHT_ADDRESS,
              LEFT,
              RIGHT);
      Program right =
          tunnel(
              namespaces,
              namespaces.right(),
              rightKey,
              leftKey.publicKey(),
              Namespaces.LEFT_ADDRESS,
              RIGHT,
              LEFT);
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
}
