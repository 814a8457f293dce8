package org.tailjar.wireguard;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tailjar.packet.IpPrefix;

/**
 * Which peer an address belongs to, by longest prefix (WireGuard paper 2: cryptokey routing).
 * Outbound it finds the peer of a destination; inbound a packet is good only when its source finds
 * the very peer that sealed it, so a peer with a wide range does not speak for a peer with a
 * narrower one. Immutable; a lookup allocates nothing.
 *
 * @param <T> what an address belongs to
 */
public final class AllowedIps<T> {

  // IPv4 and IPv6 have tries of their own: ::/0 does not hold the IPv4-mapped addresses.
  private final @Nullable Node<T> ipv4;
  private final @Nullable Node<T> ipv6;
  private final int size;

  private AllowedIps(@Nullable Node<T> ipv4, @Nullable Node<T> ipv6, int size) {
    this.ipv4 = ipv4;
    this.ipv6 = ipv6;
    this.size = size;
  }

  /** The table of these prefixes. */
  public static <T> AllowedIps<T> of(Map<IpPrefix, T> prefixes) {
    Node<T> ipv4 = null;
    Node<T> ipv6 = null;
    for (Map.Entry<IpPrefix, T> entry : prefixes.entrySet()) {
      IpPrefix prefix = entry.getKey();
      Node<T> leaf = new Node<>(prefix.high(), prefix.low(), prefix.mappedBits(), entry.getValue());
      if (prefix.isIpv4()) {
        ipv4 = insert(ipv4, leaf);
      } else {
        ipv6 = insert(ipv6, leaf);
      }
    }
    return new AllowedIps<>(ipv4, ipv6, prefixes.size());
  }

  /**
   * Whom an address belongs to.
   *
   * @param high upper half of the address, as in {@link org.tailjar.packet.IpPacket}
   * @param low lower half; IPv4 is IPv6-mapped
   * @return null when no prefix holds the address
   */
  public @Nullable T lookup(long high, long low) {
    T found = null;
    Node<T> node = IpPrefix.isIpv4(high, low) ? ipv4 : ipv6;
    while (node != null && node.holds(high, low)) {
      if (node.value != null) {
        found = node.value;
      }
      node = node.child(high, low);
    }
    return found;
  }

  /** Number of prefixes. */
  public int size() {
    return size;
  }

  private static <T> Node<T> insert(@Nullable Node<T> node, Node<T> leaf) {
    if (node == null) {
      return leaf;
    }
    int common = Math.min(node.commonBits(leaf), Math.min(node.bits, leaf.bits));
    if (common < node.bits) {
      Node<T> parent = common == leaf.bits ? leaf : new Node<>(leaf.high, leaf.low, common, null);
      parent.adopt(node);
      if (parent != leaf) {
        parent.adopt(leaf);
      }
      return parent;
    }
    if (common == leaf.bits) {
      node.value = leaf.value;
    } else {
      node.adopt(insert(node.child(leaf.high, leaf.low), leaf));
    }
    return node;
  }

  /** A prefix at which something hangs or two longer prefixes part. Not changed once built. */
  private static final class Node<T> {

    private final long high;
    private final long low;
    private final int bits;
    private final long highMask;
    private final long lowMask;
    private @Nullable T value;
    private @Nullable Node<T> zero;
    private @Nullable Node<T> one;

    Node(long high, long low, int bits, @Nullable T value) {
      this.bits = bits;
      highMask = mask(bits);
      lowMask = mask(bits - 64);
      this.high = high & highMask;
      this.low = low & lowMask;
      this.value = value;
    }

    boolean holds(long addressHigh, long addressLow) {
      return (addressHigh & highMask) == high && (addressLow & lowMask) == low;
    }

    @Nullable Node<T> child(long addressHigh, long addressLow) {
      if (bits == 128) {
        return null;
      }
      return bit(addressHigh, addressLow) ? one : zero;
    }

    void adopt(Node<T> child) {
      if (bit(child.high, child.low)) {
        one = child;
      } else {
        zero = child;
      }
    }

    int commonBits(Node<T> other) {
      int leading = Long.numberOfLeadingZeros(high ^ other.high);
      return leading < 64 ? leading : 64 + Long.numberOfLeadingZeros(low ^ other.low);
    }

    private boolean bit(long addressHigh, long addressLow) {
      return (bits < 64 ? addressHigh << bits : addressLow << (bits - 64)) < 0;
    }

    private static long mask(int bits) {
      if (bits <= 0) {
        return 0;
      }
      return bits >= 64 ? -1L : -1L << (64 - bits);
    }
  }
}
