package org.tailjar.testkit.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.tailjar.headscale.Node;
import org.tailjar.tailnet.DeviceKind;
import org.tailjar.tailnet.NodeStatus;
import org.tailjar.tailnet.PingResult;
import org.tailjar.testkit.FilterRules;
import org.tailjar.testkit.TestTailnet;

@Timeout(180)
class TailnetExtensionTests {

  @RegisterExtension
  static final TailnetExtension TAILNET =
      new TailnetExtension(TestTailnet.builder().offlineGrace(Duration.ZERO));

  @Test
  void aNodeIsTheSameForEveryParameterOfItsName(
      TestNode alice, @Joined(name = "alice") TestNode again) {
    assertThat(again).isSameAs(alice);
  }

  @Test
  void nodesReachEachOther(TestNode alice, TestNode bob) throws Exception {
    assertThat(alice.ping(bob)).isInstanceOfAny(PingResult.Direct.class, PingResult.Relayed.class);
    bob.send(alice, 53, new byte[] {7});
    assertThat(alice.receive().source().getAddress()).isEqualTo(bob.address());
  }

  @Test
  void aNodeHasTheTagsThatItsKeyGives(
      TestTailnet tailnet, @Joined(tags = "tag:web") TestNode tagged) {
    assertThat(tailnet.control().nodes())
        .filteredOn(node -> node.name().startsWith("tagged."))
        .singleElement()
        .extracting(Node::tags)
        .isEqualTo(List.of("tag:web"));
    assertThat(tagged.node().status().self().orElseThrow().machine().tags())
        .containsExactly("tag:web");
  }

  @Test
  void aRuleThatNamesAnotherPortKeepsADatagramOut(
      TestTailnet tailnet, TestNode alice, TestNode guarded) throws Exception {
    String address = guarded.address().getHostAddress();
    tailnet.control().filter(List.of(FilterRules.allow("*", address, 443)));
    try {
      // It is in force once the second of two datagrams comes alone.
      String first;
      do {
        alice.send(guarded, 80, "kept out");
        alice.send(guarded, 443, "let in");
        first = guarded.receive().text();
        if (first.equals("kept out")) {
          assertThat(guarded.receive().text()).isEqualTo("let in");
        }
      } while (!first.equals("let in"));
    } finally {
      tailnet.control().filter(List.of(FilterRules.allow("*", "*")));
    }
  }

  @Test
  void itsPeersSeeANodeGoOffline(TestNode alice, TestNode leaving) throws Exception {
    leaving.close();
    while (alice.node().status().peers().stream()
        .filter(peer -> peer.machine().hostName().equals("leaving"))
        .map(NodeStatus.Peer::machine)
        .anyMatch(NodeStatus.Machine::online)) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  @Test
  void aNodeOnTunHasNoPacketsInMemory(@Joined(device = DeviceKind.TUN) TestNode onTun) {
    assertThat(onTun.node().status().interfaceName()).isPresent();
    assertThatThrownBy(onTun::device).isInstanceOf(IllegalStateException.class);
  }
}
