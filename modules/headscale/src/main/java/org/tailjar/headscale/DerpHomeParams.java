package org.tailjar.headscale;

import io.avaje.jsonb.Json;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a node chooses its home region.
 *
 * @param regionScore by region number: a factor on its latency; 0 removes the factor
 */
@Json
public record DerpHomeParams(
    @Json.Property("RegionScore") @Nullable Map<String, Double> regionScore) {

  /** Makes the collections unmodifiable. */
  public DerpHomeParams {
    regionScore = Copies.of(regionScore);
  }
}
