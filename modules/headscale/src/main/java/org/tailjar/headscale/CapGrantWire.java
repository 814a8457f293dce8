package org.tailjar.headscale;

import io.avaje.jsonb.Json;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Attributes that a rule grants to its sources.
 *
 * @param dsts at which destinations, as prefixes
 * @param caps the attributes without arguments
 * @param capMap the attributes with their arguments
 */
@Json
public record CapGrantWire(
    @Json.Property("Dsts") @Nullable List<String> dsts,
    @Json.Property("Caps") @Nullable List<String> caps,
    @Json.Property("CapMap") @Nullable Map<String, List<Object>> capMap) {

  /** Makes the collections unmodifiable. */
  public CapGrantWire {
    dsts = Copies.of(dsts);
    caps = Copies.of(caps);
    capMap = Copies.of(capMap);
  }
}
