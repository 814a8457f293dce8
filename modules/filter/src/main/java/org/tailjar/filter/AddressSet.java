package org.tailjar.filter;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** An immutable set of addresses: disjoint ranges in order, searched by halves. */
final class AddressSet {

  /** No address. */
  static final AddressSet NONE = of(List.of());

  private final long[] firstHigh;
  private final long[] firstLow;
  private final long[] lastHigh;
  private final long[] lastLow;

  private AddressSet(List<AddressRange> ranges) {
    firstHigh = ranges.stream().mapToLong(AddressRange::firstHigh).toArray();
    firstLow = ranges.stream().mapToLong(AddressRange::firstLow).toArray();
    lastHigh = ranges.stream().mapToLong(AddressRange::lastHigh).toArray();
    lastLow = ranges.stream().mapToLong(AddressRange::lastLow).toArray();
  }

  /** The addresses that lie in at least one of the ranges. */
  static AddressSet of(Collection<AddressRange> ranges) {
    List<AddressRange> merged = new ArrayList<>();
    for (AddressRange next : ranges.stream().sorted().toList()) {
      AddressRange previous = merged.isEmpty() ? null : merged.getLast();
      if (previous != null && previous.contains(next.firstHigh(), next.firstLow())) {
        if (!previous.contains(next.lastHigh(), next.lastLow())) {
          merged.set(
              merged.size() - 1,
              new AddressRange(
                  previous.firstHigh(), previous.firstLow(), next.lastHigh(), next.lastLow()));
        }
      } else {
        merged.add(next);
      }
    }
    return new AddressSet(merged);
  }

  boolean contains(long high, long low) {
    int from = 0;
    int to = firstHigh.length;
    while (from < to) {
      int middle = (from + to) >>> 1;
      if (AddressRange.compare(high, low, firstHigh[middle], firstLow[middle]) < 0) {
        to = middle;
      } else {
        from = middle + 1;
      }
    }
    int candidate = from - 1;
    return candidate >= 0
        && AddressRange.compare(high, low, lastHigh[candidate], lastLow[candidate]) <= 0;
  }
}
