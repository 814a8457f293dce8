package org.tailjar.headscale;

import io.avaje.jsonb.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A region of relays.
 *
 * @param regionId the number
 * @param regionCode the short name
 * @param regionName the long name
 * @param avoid whether it should not be a home region
 * @param noMeasureNoHome whether it is neither measured nor a home region
 * @param nodes its relays, the preferred one first
 */
@Json
public record DerpRegionWire(
    @Json.Property("RegionID") int regionId,
    @Json.Property("RegionCode") @Nullable String regionCode,
    @Json.Property("RegionName") @Nullable String regionName,
    @Json.Property("Avoid") boolean avoid,
    @Json.Property("NoMeasureNoHome") boolean noMeasureNoHome,
    @Json.Property("Nodes") @Nullable List<DerpNodeWire> nodes) {

  /** Makes the collections unmodifiable. */
  public DerpRegionWire {
    nodes = Copies.of(nodes);
  }
}
