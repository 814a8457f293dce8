package org.tailjar.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Our node started on a copy of what a real tailscaled keeps. */
class TakeoverTests {

  @AutoClose private final Lab lab = Lab.start(Lab.Scheme.HTTP);

  @Test
  void theNodeOfATailscaledIsTakenOverWithItsAddressAndNameAndWithoutAKey() throws IOException {
    TailscaledNode theirs = lab.tailscaled("na");
    String ip4 = theirs.ip4();
    String ip6 = theirs.ip6();
    String identity = lab.headscale().identities();
    assertThat(identity).contains("\"id\"", "\"machine_key\"", "\"node_key\"", ip4, ip6);
    theirs.close();
    TailjarNode ours = lab.tailjar("na");
    Path copy = copyState(theirs, ours);
    byte[] before = Files.readAllBytes(copy);

    ours.start().awaitReady();

    assertThat(ours.ip4()).isEqualTo(ip4);
    assertThat(ours.ip6()).isEqualTo(ip6);
    assertThat(ours.statusJson()).contains("na.example.ts.");
    assertThat(lab.headscale().identities()).isEqualTo(identity);
    assertThat(lab.server().nodeCount()).isEqualTo(1);
    assertThat(copy).hasBinaryContent(before);

    assertThat(ours.terminate()).isZero();
    ours.start().awaitReady();
    assertThat(lab.headscale().identities()).isEqualTo(identity);
    assertThat(ours.logText().lines().filter(line -> line.contains("taking over the node")))
        .as("said at the first start alone")
        .hasSize(1);
    TailjarNode peer = lab.tailjar("nb").join();
    lab.assertReaches("nb", ip4);
    lab.assertReaches("na", peer.ip4());
  }

  @Test
  void theStateOfALoggedOutTailscaledIsOneWarningAndANormalStart() throws IOException {
    TailscaledNode theirs = lab.tailscaled("na");
    theirs.tailscale("logout").succeeded();
    theirs.close();
    TailjarNode ours = lab.tailjar("na");
    copyState(theirs, ours);

    ours.join();

    assertThat(ours.logText().lines().filter(line -> line.contains("tailscaled.state")))
        .singleElement()
        .asString()
        .contains("logged out");
  }

  private static Path copyState(TailscaledNode theirs, TailjarNode ours) throws IOException {
    Shell.run(
            "sh",
            "-c",
            "cp -a "
                + theirs.directory()
                + "/. "
                + ours.state()
                + " && rm -f "
                + ours.state()
                + "/sock")
        .succeeded();
    return ours.state().resolve("tailscaled.state");
  }
}
