package org.tailjar.linux;

import org.tailjar.packet.IpPrefix;

/**
 * A route in one routing table.
 *
 * @param destination where it leads
 * @param table number of the routing table
 * @param action what happens to packets
 * @param link index of the interface, 0 for {@link Action#THROW}
 */
public record IpRoute(IpPrefix destination, int table, Action action, int link) {

  /** What a route does. */
  public enum Action {
    /** Packets go out by the interface. */
    LINK(1),
    /** The search goes on with the next rule. */
    THROW(9),
    /** Anything that the product neither makes nor removes. */
    OTHER(0);

    private final int type;

    Action(int type) {
      this.type = type;
    }

    int type() {
      return type;
    }

    static Action of(int type) {
      return type == LINK.type ? LINK : type == THROW.type ? THROW : OTHER;
    }
  }

  @Override
  public String toString() {
    return "route to " + destination + " in table " + table;
  }
}
