package org.tailjar.tailnet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tailjar.headscale.DerpHomeParams;
import org.tailjar.headscale.DerpMapWire;

class MapTranslationTests {

  @Test
  void scoresThatMakeNoSenseCostOnlyThemselves() {
    Map<String, Double> scores = new HashMap<>(Map.of("7", 0.5, "seven", 1.5));
    scores.put("8", null);
    DerpMapWire wire = new DerpMapWire(Map.of(), new DerpHomeParams(scores), false);
    assertThat(MapTranslation.relays(wire).scores()).isEqualTo(Map.of(7, 0.5));
  }
}
