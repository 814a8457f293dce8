package org.tailjar.derp;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The relays of a tailnet.
 *
 * @param regions by region number
 * @param scores factor on the measured latency when a home is chosen, by region number; 1 where
 *     absent
 */
public record DerpMap(SortedMap<Integer, DerpRegion> regions, Map<Integer, Double> scores) {

  /** A map without relays. */
  public static final DerpMap EMPTY = of(Map.of());

  /** Copies the maps. */
  public DerpMap {
    regions = Collections.unmodifiableSortedMap(new TreeMap<>(regions));
    scores = Map.copyOf(scores);
  }

  /** A map in which all regions count alike. */
  public static DerpMap of(Map<Integer, DerpRegion> regions) {
    return new DerpMap(new TreeMap<>(regions), Map.of());
  }

  /** A region by its number; null when the map does not have it. */
  public @Nullable DerpRegion region(int id) {
    return regions.get(id);
  }
}
