package org.tailjar.magicsock;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tailjar.derp.DerpNode;
import org.tailjar.derp.DerpRegion;

class StunTargetsTests {

  private static final InetSocketAddress FOUR = new InetSocketAddress("192.0.2.1", 3478);
  private static final InetSocketAddress SIX = new InetSocketAddress("2001:db8::1", 3478);

  private static DerpNode node(String host, String ipv4, String ipv6, int stunPort) {
    return new DerpNode("n", 1, host, "", ipv4, ipv6, stunPort, false, 0, false);
  }

  /** What is asked of a region with these nodes. */
  private static List<InetSocketAddress> asked(boolean ipv4, boolean ipv6, DerpNode... nodes) {
    DerpRegion region = new DerpRegion(1, "r", "", false, false, List.of(nodes));
    return StunTargets.resolve(List.of(region), ipv4, ipv6).stream()
        .map(StunTarget::address)
        .toList();
  }

  @Test
  void bothFamiliesAreAskedAsFarAsThisNodeHasThem() {
    DerpNode node = node("unused.invalid", "192.0.2.1", "2001:db8::1", 0);
    assertThat(asked(true, true, node)).containsExactly(FOUR, SIX);
    assertThat(asked(true, false, node)).containsExactly(FOUR);
    assertThat(asked(false, true, node)).containsExactly(SIX);
  }

  @Test
  void theFirstNodeThatAnswersStunStandsForItsRegion() {
    DerpNode silent = node("unused.invalid", "192.0.2.9", "", -1);
    DerpNode first = node("unused.invalid", "192.0.2.1", "", 0);
    DerpNode second = node("unused.invalid", "192.0.2.2", "", 0);
    assertThat(asked(true, true, silent, first, second)).containsExactly(FOUR);
    assertThat(asked(true, true, silent)).isEmpty();
  }

  @Test
  void aNameIsLookedUpForTheFamiliesThatAreNotRuledOut() {
    InetSocketAddress literal = new InetSocketAddress("192.0.2.7", 5);
    assertThat(asked(true, true, node("192.0.2.7", "", "", 5))).containsExactly(literal);
    assertThat(asked(true, true, node("192.0.2.7", DerpNode.NO_ADDRESS, "", 5))).isEmpty();
  }

  @Test
  void whatCannotBeReadTakesNothingFromOtherRegions() {
    DerpRegion broken =
        new DerpRegion(1, "a", "", false, false, List.of(node("x", "no address", "", 0)));
    DerpRegion good =
        new DerpRegion(2, "b", "", false, false, List.of(node("x", "192.0.2.1", "", 0)));
    assertThat(StunTargets.resolve(List.of(broken, good), true, true))
        .containsExactly(new StunTarget(2, FOUR));
  }
}
