package org.tailjar.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What the server's policy lets in. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PolicyTests {

  private static final String ALLOW_ALL =
      """
      {"grants": [{"src": ["*"], "dst": ["*"], "ip": ["*"]}]}
      """;

  @AutoClose private final Lab lab = Lab.start(Lab.Scheme.HTTP);
  private TailjarNode a;
  private TailjarNode b;

  @BeforeAll
  void join() {
    lab.headscale().policy(ALLOW_ALL);
    a = lab.tailjar("na").join();
    b = lab.tailjar("nb").join();
  }

  @Test
  void aPolicyWithoutGrantsLetsNothingIn() {
    String address = b.ip4();
    lab.headscale().policy(ALLOW_ALL);
    lab.assertReaches("na", address);

    lab.headscale().policy("{\"grants\": []}");

    assertThat(Shell.eventually(() -> lab.pings("na", address, 1) == 0))
        .as("pings stop when the policy arrives")
        .isTrue();
    assertThat(tcp(address, 7001)).isFalse();
  }

  @Test
  void oneAllowedTcpPortIsAllThatPasses() {
    String address = b.ip4();
    lab.headscale()
        .policy(
            """
            {"grants": [{"src": ["*"], "dst": ["%s"], "ip": ["tcp:7001"]}]}
            """
                .formatted(address));

    assertThat(Shell.eventually(() -> tcp(address, 7001) && !tcp(address, 7002)))
        .as("port 7001 passes and 7002 does not; log of nb: %s", b.logText())
        .isTrue();
    assertThat(Shell.eventually(() -> lab.pings("nb", a.ip4(), 1) == 0))
        .as("nothing comes in at na, once it has the policy, too")
        .isTrue();
  }

  @Test
  void repliesToUdpPassWhereNothingElseDoes() {
    String address = b.ip4();
    lab.headscale()
        .policy(
            """
            {"grants": [{"src": ["*"], "dst": ["%s"], "ip": ["udp:7003"]}]}
            """
                .formatted(address));
    Process echo =
        lab.spawn(
            "nb",
            lab.file("echo.log"),
            Map.of(),
            "socat",
            "UDP4-LISTEN:7003,fork,reuseaddr",
            "EXEC:cat");
    try {
      assertThat(
              Shell.eventually(
                  () ->
                      lab.run(
                              "na",
                              "sh",
                              "-c",
                              "echo hello | socat -t 2 - UDP4:" + address + ":7003")
                          .output()
                          .contains("hello")))
          .as("the reply of a UDP server comes back")
          .isTrue();
      assertThat(Shell.eventually(() -> !TcpProbe.passes(lab, "nb", "na", a.ip4(), 7001)))
          .as("a connection to na, once it has the policy, too")
          .isTrue();
    } finally {
      echo.descendants().forEach(ProcessHandle::destroyForcibly);
      echo.destroyForcibly();
    }
  }

  /** Whether a TCP connection to a listener at nb comes about. */
  private boolean tcp(String address, int port) {
    return TcpProbe.passes(lab, "na", "nb", address, port);
  }
}
