package org.tailjar.magicsock;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * A direct path that was measured, and what it is worth beside another.
 *
 * @param address where packets go
 * @param latency round trip in nanoseconds
 */
record AddressQuality(InetSocketAddress address, long latency) {

  /**
   * Whether this is worth changing to from another: it is faster, or nearer and not much slower.
   */
  boolean isBetterThan(AddressQuality other) {
    int points = place();
    int others = other.place();
    if (latency < other.latency) {
      points += percentFaster(latency, other.latency);
    } else if (other.latency < latency) {
      others += percentFaster(other.latency, latency);
    }
    // A difference of one percent is noise, not a reason to change.
    if (points <= 1 && others == 0) {
      return false;
    }
    return points > others;
  }

  private static int percentFaster(long faster, long slower) {
    return (int) (100 - faster * 100 / slower);
  }

  /** Points for a place that is likely to be reached without a router or a NAT in between. */
  private int place() {
    InetAddress ip = address.getAddress();
    int points = 0;
    if (ip.isLoopbackAddress()) {
      points += 50;
    } else if (ip.isLinkLocalAddress()) {
      points += 30;
    } else if (isPrivate(ip)) {
      points += 20;
    }
    return ip instanceof Inet6Address ? points + 10 : points;
  }

  private static boolean isPrivate(InetAddress address) {
    byte[] ip = address.getAddress();
    // RFC 1918, and the unique local addresses of RFC 4193.
    return address.isSiteLocalAddress() && ip.length == 4
        || ip.length == 16 && (ip[0] & 0xfe) == 0xfc;
  }
}
