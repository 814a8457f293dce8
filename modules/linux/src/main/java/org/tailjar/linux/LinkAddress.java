package org.tailjar.linux;

import org.tailjar.packet.IpPrefix;

/**
 * An address of an interface, with the length of the network that the kernel takes to be on its
 * link.
 *
 * @param high upper half, IPv4 in IPv6-mapped form
 * @param low lower half
 * @param bits length of the network prefix in the address's own family
 * @param linkLocal whether the kernel itself gave it, for the link alone
 */
public record LinkAddress(long high, long low, int bits, boolean linkLocal) {

  /** An address alone: /32 or /128. */
  public static LinkAddress of(IpPrefix address) {
    return new LinkAddress(address.high(), address.low(), address.bits(), false);
  }

  /** Whether this is IPv4. */
  public boolean isIpv4() {
    return IpPrefix.isIpv4(high, low);
  }

  @Override
  public String toString() {
    return IpPrefix.text(high, low) + "/" + bits;
  }
}
