package org.tailjar.tun;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.tailjar.linux.NetworkEvent;

class NetworkChangesTests {

  private static final int OURS = 7;
  private static final int OTHER = 2;

  private final NetworkChanges changes = new NetworkChanges("tailscale0", 0);
  private long now;

  NetworkChangesTests() {
    changes.index(OptionalInt.of(OURS));
  }

  private void event(NetworkEvent event) {
    changes.event(event, now);
  }

  private void pass(long nanos) {
    now += nanos;
  }

  @Test
  void whatConcernsTheInterfaceIsLookedAtSoonAndTheNetworkIsLeftAlone() {
    for (NetworkEvent event :
        new NetworkEvent[] {
          new NetworkEvent.Link(OURS, "tailscale0"),
          new NetworkEvent.Link(OURS, "renamed"),
          new NetworkEvent.Address(OURS),
          new NetworkEvent.Route(Router.TABLE, false),
          new NetworkEvent.Route(Router.TABLE, true),
          new NetworkEvent.Rule(5270)
        }) {
      NetworkChanges fresh = new NetworkChanges("tailscale0", 0);
      fresh.index(OptionalInt.of(OURS));
      fresh.event(event, 0);
      assertThat(fresh.deadline()).as("%s", event).isEqualTo(NetworkChanges.LOOK_DELAY);
      assertThat(fresh.takeLook(NetworkChanges.LOOK_DELAY)).as("%s", event).isTrue();
      assertThat(fresh.deadline()).as("%s", event).isEqualTo(NetworkChanges.NEVER);
    }
  }

  @Test
  void whatConcernsOthersIsAskedAboutOnceItIsQuiet() {
    event(new NetworkEvent.Link(OTHER, "eth0"));
    pass(NetworkChanges.QUIET / 2);
    event(new NetworkEvent.Address(OTHER));
    pass(NetworkChanges.QUIET - 1);
    assertThat(changes.takeQuiet(now)).isFalse();
    pass(1);
    assertThat(changes.takeQuiet(now)).isTrue();
    assertThat(changes.takeLook(now)).isFalse();
    assertThat(changes.deadline()).isEqualTo(NetworkChanges.NEVER);
  }

  @Test
  void aNetworkThatIsNeverQuietIsAskedAboutAllTheSame() {
    int asked = 0;
    for (int i = 0; i < 100; i++) {
      event(new NetworkEvent.Route(254, true));
      pass(NetworkChanges.QUIET / 3);
      asked += changes.takeQuiet(now) ? 1 : 0;
    }
    assertThat(asked)
        .isEqualTo((int) (100 * NetworkChanges.QUIET / 3 / NetworkChanges.LONGEST_UNREST));
  }

  @Test
  void aProgramThatTakesThingsAwayAllTheTimeCausesOneLookASecond() {
    int looks = 0;
    for (int i = 0; i < 1000; i++) {
      event(new NetworkEvent.Route(Router.TABLE, false));
      pass(Duration.ofMillis(10).toNanos());
      looks += changes.takeLook(now) ? 1 : 0;
    }
    assertThat(looks).isEqualTo(10);
  }

  @Test
  void otherRulesAndRoutesMeanNothing() {
    event(new NetworkEvent.Rule(32766));
    event(new NetworkEvent.Route(254, false));
    event(new NetworkEvent.Route(255, false));
    assertThat(changes.deadline()).isEqualTo(NetworkChanges.NEVER);
  }

  @Test
  void afterEventsThatWereMissedEverythingIsLookedAt() {
    event(new NetworkEvent.Missed());
    pass(NetworkChanges.QUIET);
    assertThat(changes.takeLook(now)).isTrue();
    assertThat(changes.takeQuiet(now)).isTrue();
  }
}
