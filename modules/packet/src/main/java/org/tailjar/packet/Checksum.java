package org.tailjar.packet;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The Internet checksum (RFC 1071): the ones' complement sum of 16-bit words.
 *
 * <p>Sums are kept folded to 16 bits in network order, so that they add up with header fields as
 * plain integers. Two sums add only when the second piece starts at an even distance from the
 * first.
 */
public final class Checksum {

  private static final boolean LITTLE_ENDIAN = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
  private static final long LOW_HALF = 0xffff_ffffL;

  private Checksum() {}

  /**
   * The checksum of a range: the complement of its {@link #partial sum}. Over a range that holds a
   * correct checksum this is 0.
   */
  public static int of(MemorySegment memory, long offset, int length) {
    return ~partial(memory, offset, length) & 0xffff;
  }

  /**
   * The folded sum of a range, 0 to 0xffff, not complemented; an odd last byte counts as the high
   * half of a word.
   */
  public static int partial(MemorySegment memory, long offset, int length) {
    // Words are summed in native order and swapped once: the ones' complement sum allows it
    // (RFC 1071 2(B)). Each half of a long has 32 bits of room above it for carries. The compiler
    // turns this plain loop into vector instructions; unrolled by hand it is four times slower.
    long even = 0;
    long odd = 0;
    int longs = length >>> 3;
    for (int j = 0; j < longs; j++) {
      long value = memory.get(ValueLayout.JAVA_LONG_UNALIGNED, offset + (long) j * 8);
      even += value & LOW_HALF;
      odd += value >>> 32;
    }
    long sum = even + odd;
    int i = longs * 8;
    if (i <= length - 4) {
      sum += memory.get(ValueLayout.JAVA_INT_UNALIGNED, offset + i) & LOW_HALF;
      i += 4;
    }
    if (i <= length - 2) {
      sum += memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, offset + i) & 0xffff;
      i += 2;
    }
    if (i < length) {
      int last = memory.get(ValueLayout.JAVA_BYTE, offset + i) & 0xff;
      sum += LITTLE_ENDIAN ? last : last << 8;
    }
    int folded = fold(sum);
    return LITTLE_ENDIAN ? (Short.reverseBytes((short) folded) & 0xffff) : folded;
  }

  /** Folds a sum of non-negative terms to 16 bits, carries added back. */
  public static int fold(long sum) {
    long folded = (sum >>> 32) + (sum & LOW_HALF);
    folded = (folded >>> 32) + (folded & LOW_HALF);
    folded = (folded >>> 16) + (folded & 0xffff);
    folded = (folded >>> 16) + (folded & 0xffff);
    return (int) ((folded >>> 16) + (folded & 0xffff));
  }

  /**
   * The folded sum of the pseudo-header that TCP, UDP and ICMPv6 checksums cover (RFC 9293 3.1, RFC
   * 8200 8.1). Addresses are as in {@link IpPacket}; the mapped prefix of an IPv4 address does not
   * change the sum, since 0xffff is a zero of ones' complement.
   *
   * @param transportLength bytes of transport header and payload
   */
  public static int pseudoHeader(
      long sourceHigh,
      long sourceLow,
      long destinationHigh,
      long destinationLow,
      int protocol,
      int transportLength) {
    return fold(
        halves(sourceHigh)
            + halves(sourceLow)
            + halves(destinationHigh)
            + halves(destinationLow)
            + protocol
            + transportLength);
  }

  private static long halves(long value) {
    return (value >>> 32) + (value & LOW_HALF);
  }
}
