package org.tailjar.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.dataplane.Namespaces.Program;

/**
 * Traffic of every kind between two of our own packet paths, on kernels that lack an offload (left
 * out by us) and with packets of every length.
 */
@Timeout(120)
class FallbackTests {

  private static final String LEFT = "100.64.0.1";
  private static final String RIGHT = "100.64.0.2";
  private static final int PORT = 41641;

  /** Of datagrams: short ones, what fits the interface, and what is cut into fragments. */
  private static final String SIZES = "1,548,1200,1252,8000,30000";

  private static Program tunnel(
      Namespaces namespaces,
      boolean left,
      NodePrivateKey key,
      NodePublicKey peer,
      int mtu,
      String without)
      throws IOException, InterruptedException {
    String namespace = left ? namespaces.left() : namespaces.right();
    Program tunnel =
        namespaces.java(
            namespace,
            TunnelMain.class,
            "-Dwithout=" + without,
            "tj0",
            Integer.toString(mtu),
            Integer.toString(PORT),
            HexFormat.of().formatHex(peer.bytes()),
            left ? Namespaces.RIGHT_ADDRESS : Namespaces.LEFT_ADDRESS,
            Integer.toString(PORT),
            "standard",
            left ? LEFT : RIGHT,
            left ? RIGHT : LEFT);
    tunnel.say(key.secretText().substring("privkey:".length()));
    return tunnel;
  }

  /** Both ends of a tunnel; the right one echoes. */
  private static List<Program> tunnels(Namespaces namespaces, int mtu, String without)
      throws IOException, InterruptedException {
    NodePrivateKey leftKey = NodePrivateKey.generate();
    NodePrivateKey rightKey = NodePrivateKey.generate();
    Program left = tunnel(namespaces, true, leftKey, rightKey.publicKey(), mtu, without);
    Program right = tunnel(namespaces, false, rightKey, leftKey.publicKey(), mtu, without);
    left.hear("ready");
    namespaces.configure(namespaces.left(), "tj0", LEFT + "/24");
    right.hear("ready");
    namespaces.configure(namespaces.right(), "tj0", RIGHT + "/24");
    right.say("echo " + RIGHT);
    right.hear("echoing");
    return List.of(left, right);
  }

  private static double number(String text, String name) {
    Matcher matcher = Pattern.compile(name + "=([0-9.]+)").matcher(text);
    assertThat(matcher.find()).as(text).isTrue();
    return Double.parseDouble(matcher.group(1));
  }

  private static void ping(Namespaces namespaces, String from, String to, int bytes)
      throws IOException, InterruptedException {
    Namespaces.run(
        "ip",
        "netns",
        "exec",
        from,
        "ping",
        "-c",
        "2",
        "-i",
        "0.01",
        "-W",
        "5",
        "-s",
        Integer.toString(bytes),
        to);
  }

  @ParameterizedTest(name = "without {0}")
  @CsvSource({
    "''",
    "tun",
    "tun-udp",
    "udp-gso",
    "udp-gro",
    "'tun,tun-udp,udp-gso,udp-gro'",
  })
  void dataCrossesBothWaysWithoutAnOffload(String without)
      throws IOException, InterruptedException {
    List<String> off = Arrays.asList(without.split(","));
    try (Namespaces namespaces = Namespaces.open("ping")) {
      List<Program> ends = tunnels(namespaces, 1280, without);
      Program left = ends.getFirst();
      left.say("check " + RIGHT + " " + SIZES);
      String checked = left.hear("checked ");
      assertThat(checked).startsWith("ok");
      double burst = number(checked, "burst");
      assertThat(burst > 2)
          .as("UDP is read merged: %s", checked)
          .isEqualTo(!off.contains("tun") && !off.contains("tun-udp"));
      for (Program end : ends) {
        end.say("statistics");
        String statistics = end.hear("stats");
        assertMerged(statistics, "tunRead", !off.contains("tun"));
        assertMerged(statistics, "udpSend", !off.contains("udp-gso"));
        // The cable hands on what was sent in one piece, and merges nothing that was not.
        assertMerged(
            statistics, "udpReceive", !off.contains("udp-gro") && !off.contains("udp-gso"));
        assertMerged(statistics, "tunWrite", !off.contains("tun"));
        assertNothingLost(statistics);
      }
    }
  }

  /** The kernel also says things to nobody (router solicitations), which are let go. */
  private static void assertNothingLost(String statistics) {
    assertThat(statistics)
        .contains("refused=0")
        .matches(".*drops=\\{(OUT_FILTERED=\\d+|OUT_NO_PEER=\\d+|, )*}");
  }

  private static void assertMerged(String statistics, String name, boolean merged) {
    double mean = number(statistics, name);
    if (merged) {
      assertThat(mean).as("%s in %s", name, statistics).isGreaterThan(2);
    } else {
      assertThat(mean).as("%s in %s", name, statistics).isEqualTo(1);
    }
  }

  @ParameterizedTest(name = "MTU {0} on a cable of {1}")
  @CsvSource({"576, 1500", "8920, 1500", "8920, 9000"})
  void packetsOfAnyLengthCrossACableOfAnyMtu(int mtu, int cable)
      throws IOException, InterruptedException {
    try (Namespaces namespaces = Namespaces.open("ping")) {
      for (String namespace : List.of(namespaces.left(), namespaces.right())) {
        Namespaces.run("ip", "-n", namespace, "link", "set", "v0", "mtu", Integer.toString(cable));
      }
      List<Program> ends = tunnels(namespaces, mtu, "");
      Program left = ends.getFirst();
      left.say("check " + RIGHT + " " + SIZES + "," + (mtu - 28));
      assertThat(left.hear("checked ")).startsWith("ok");
      ping(namespaces, namespaces.left(), RIGHT, mtu - 28);
      for (Program end : ends) {
        end.say("statistics");
        assertNothingLost(end.hear("stats"));
      }
    }
  }

  @Test
  void fragmentsAndProtocolsWithoutPortsCrossBothWays() throws IOException, InterruptedException {
    try (Namespaces namespaces = Namespaces.open("ping", "socat")) {
      List<Program> ends = tunnels(namespaces, 1280, "");
      for (int bytes : new int[] {0, 56, 1252, 1253, 4000, 20_000}) {
        ping(namespaces, namespaces.left(), RIGHT, bytes);
        ping(namespaces, namespaces.right(), LEFT, bytes);
      }
      for (int protocol : new int[] {47, 132, 253}) {
        raw(namespaces, namespaces.left(), namespaces.right(), RIGHT, protocol);
        raw(namespaces, namespaces.right(), namespaces.left(), LEFT, protocol);
      }
      for (Program end : ends) {
        end.say("statistics");
        assertNothingLost(end.hear("stats"));
      }
    }
  }

  private static void raw(
      Namespaces namespaces, String from, String to, String address, int protocol)
      throws IOException, InterruptedException {
    Program receiver =
        namespaces.program(to, "socat", "-u", "-b", "65536", "IP4-RECV:" + protocol, "-");
    String said = "protocol " + protocol + " " + "x".repeat(3000);
    // Until somebody listens nothing comes back that would say so.
    Program sender =
        namespaces.program(
            from,
            "sh",
            "-c",
            "while sleep 0.1; do echo '%s' | socat -u -b 65536 - IP4-SENDTO:%s:%d; done"
                .formatted(said, address, protocol));
    assertThat(receiver.hear("protocol ")).isEqualTo(said.substring("protocol ".length()));
    sender.kill();
    receiver.kill();
  }
}
