package org.tailjar.magicsock;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.tailjar.derp.DerpMap;
import org.tailjar.derp.DerpNode;
import org.tailjar.derp.DerpRegion;

class HomeChoiceTests {

  private final HomeChoice choice = new HomeChoice();
  private final DerpMap map =
      DerpMap.of(
          Map.of(1, region(1, false, false), 2, region(2, false, false), 3, region(3, true, true)));

  private static DerpRegion region(int id, boolean avoid, boolean noHome) {
    return new DerpRegion(
        id,
        "r" + id,
        "",
        avoid,
        noHome,
        List.of(new DerpNode("n" + id, id, "h", "", "", "", 0, false, 0, false)));
  }

  private int choose(double seconds, int first, int second) {
    return choice.choose(
        map,
        Map.of(1, Duration.ofMillis(first), 2, Duration.ofMillis(second)),
        (long) (seconds * 1e9));
  }

  @Test
  void theFastestIsHome() {
    assertThat(choose(0, 50, 20)).isEqualTo(2);
  }

  @Test
  void aSmallGainIsNoReasonToMove() {
    assertThat(choose(0, 20, 50)).isEqualTo(1);
    assertThat(choose(400, 20, 12)).isEqualTo(1);
    assertThat(choose(800, 100, 80)).isEqualTo(1);
  }

  @Test
  void aLargeGainThatLastsIsAReasonToMove() {
    assertThat(choose(0, 20, 50)).isEqualTo(1);
    assertThat(choose(200, 100, 50)).as("the best of five minutes counts").isEqualTo(1);
    assertThat(choose(400, 100, 50)).isEqualTo(2);
  }

  @Test
  void whatMayNotBeHomeIsNotChosen() {
    assertThat(choice.choose(map, Map.of(3, Duration.ofMillis(1), 2, Duration.ofMillis(90)), 0))
        .isEqualTo(2);
  }

  @Test
  void withoutMeasurementsItIsAlwaysTheSame() {
    assertThat(choice.choose(map, Map.of(), 0)).isEqualTo(1);
    assertThat(choice.choose(map, Map.of(), 1)).isEqualTo(1);
  }

  @Test
  void aHomeThatLeavesTheMapIsReplaced() {
    assertThat(choose(0, 20, 50)).isEqualTo(1);
    assertThat(choice.choose(DerpMap.of(Map.of(2, region(2, false, false))), Map.of(), 1))
        .isEqualTo(2);
    assertThat(choice.choose(DerpMap.EMPTY, Map.of(), 2)).isZero();
  }

  @Test
  void aScoreMakesARegionLessWorth() {
    DerpMap scored = new DerpMap(new TreeMap<>(map.regions()), Map.of(1, 10.0));
    assertThat(choice.choose(scored, Map.of(1, Duration.ofMillis(20), 2, Duration.ofMillis(50)), 0))
        .isEqualTo(2);
  }
}
