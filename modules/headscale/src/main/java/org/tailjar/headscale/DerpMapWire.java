package org.tailjar.headscale;

import io.avaje.jsonb.Json;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The relays, as the server sends them.
 *
 * @param regions by region number; null is unchanged, a null region is removed
 * @param homeParams how the home region is chosen
 * @param omitDefaultRegions whether no other regions exist
 */
@Json
public record DerpMapWire(
    @Json.Property("Regions") @Nullable Map<String, DerpRegionWire> regions,
    @Json.Property("HomeParams") @Nullable DerpHomeParams homeParams,
    @Json.Property("omitDefaultRegions") boolean omitDefaultRegions) {

  /** Makes the collections unmodifiable. */
  public DerpMapWire {
    regions = Copies.of(regions);
  }
}
