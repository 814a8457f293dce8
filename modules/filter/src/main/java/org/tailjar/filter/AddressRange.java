package org.tailjar.filter;

import java.util.List;
import org.tailjar.packet.IpPrefix;

/**
 * The addresses from a first to a last one, both included, as unsigned 128-bit numbers. IPv4
 * addresses are v4-mapped: {@code high} is 0 and {@code low} is {@code 0xFFFF_aabbccdd}.
 *
 * @param firstHigh upper half of the first address
 * @param firstLow lower half of the first address
 * @param lastHigh upper half of the last address
 * @param lastLow lower half of the last address
 */
public record AddressRange(long firstHigh, long firstLow, long lastHigh, long lastLow)
    implements Comparable<AddressRange> {

  /** Every address of either family. */
  public static final AddressRange ANY = new AddressRange(0, 0, -1, -1);

  private static final long MAPPED_FIRST = 0x0000_FFFF_0000_0000L;
  private static final long MAPPED_LAST = 0x0000_FFFF_FFFF_FFFFL;

  /**
   * Checks the order.
   *
   * @throws IllegalArgumentException when the last address comes before the first
   */
  public AddressRange {
    if (compare(firstHigh, firstLow, lastHigh, lastLow) > 0) {
      throw new IllegalArgumentException("an address range ends before it starts");
    }
  }

  /**
   * Parses what filter rules hold: {@code *} (all of IPv4 and IPv6), an address, a prefix such as
   * {@code 10.0.0.0/8}, or {@code first-last}.
   *
   * <p>An IPv6 prefix or range never covers IPv4: {@code ::/0} gives the two ranges around the
   * v4-mapped addresses.
   *
   * @throws IllegalArgumentException when it is none of these, or a range of two families
   */
  public static List<AddressRange> parse(String text) {
    if (text.equals("*")) {
      return List.of(ANY);
    }
    int dash = text.indexOf('-');
    if (dash < 0) {
      return of(IpPrefix.parse(text));
    }
    IpPrefix first = address(text.substring(0, dash));
    IpPrefix last = address(text.substring(dash + 1));
    if (isMapped(first.high(), first.low()) != isMapped(last.high(), last.low())) {
      throw new IllegalArgumentException("not an address range: " + text);
    }
    return withoutMapped(new AddressRange(first.high(), first.low(), last.high(), last.low()));
  }

  /** The addresses of a prefix; two ranges when it is an IPv6 prefix around the v4-mapped ones. */
  public static List<AddressRange> of(IpPrefix prefix) {
    int bits = prefix.mappedBits();
    long highRest = bits >= 64 ? 0 : -1L >>> bits;
    long lowRest = bits >= 128 ? 0 : bits <= 64 ? -1L : -1L >>> (bits - 64);
    return withoutMapped(
        new AddressRange(
            prefix.high(), prefix.low(), prefix.high() | highRest, prefix.low() | lowRest));
  }

  /** Whether an address is one of these. */
  public boolean contains(long high, long low) {
    return compare(firstHigh, firstLow, high, low) <= 0
        && compare(high, low, lastHigh, lastLow) <= 0;
  }

  /** Orders by the first address, then by the last. */
  @Override
  public int compareTo(AddressRange other) {
    int first = compare(firstHigh, firstLow, other.firstHigh, other.firstLow);
    return first != 0 ? first : compare(lastHigh, lastLow, other.lastHigh, other.lastLow);
  }

  static int compare(long highA, long lowA, long highB, long lowB) {
    int high = Long.compareUnsigned(highA, highB);
    return high != 0 ? high : Long.compareUnsigned(lowA, lowB);
  }

  static boolean isMapped(long high, long low) {
    return high == 0 && low >>> 32 == 0xFFFF;
  }

  private static List<AddressRange> withoutMapped(AddressRange range) {
    boolean before = compare(range.firstHigh, range.firstLow, 0, MAPPED_FIRST) < 0;
    if (!before || compare(range.lastHigh, range.lastLow, 0, MAPPED_FIRST) < 0) {
      return List.of(range);
    }
    AddressRange below = new AddressRange(range.firstHigh, range.firstLow, 0, MAPPED_FIRST - 1);
    return compare(range.lastHigh, range.lastLow, 0, MAPPED_LAST) <= 0
        ? List.of(below)
        : List.of(below, new AddressRange(0, MAPPED_LAST + 1, range.lastHigh, range.lastLow));
  }

  private static IpPrefix address(String text) {
    if (text.indexOf('/') >= 0) {
      throw new IllegalArgumentException("not an address: " + text);
    }
    return IpPrefix.parse(text);
  }
}
