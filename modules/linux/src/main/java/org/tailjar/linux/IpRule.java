package org.tailjar.linux;

/**
 * A rule of policy routing.
 *
 * @param ipv6 whether it is for IPv6 rather than IPv4
 * @param priority its place in the list, lowest first
 * @param mark firewall mark that packets must have in the bits of the mask
 * @param mask bits of the mark that count; 0 for any packet
 * @param table table to look in; 0 to refuse the packet as unreachable
 */
public record IpRule(boolean ipv6, int priority, int mark, int mask, int table) {

  /** The table of ordinary routes. */
  public static final int MAIN = 254;

  /** The table that is looked in last. */
  public static final int DEFAULT = 253;

  @Override
  public String toString() {
    return (ipv6 ? "IPv6" : "IPv4")
        + " rule "
        + priority
        + (mask == 0 ? "" : String.format(" for mark 0x%x/0x%x", mark, mask))
        + (table == 0 ? " unreachable" : " to table " + table);
  }
}
