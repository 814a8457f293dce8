package org.tailjar.linux;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Finds the {@link UdpAddress} object of a sender without allocating, once it was seen. Bounded: a
 * flood of forged senders empties the table from time to time and costs no memory. Owned by the
 * thread that receives.
 */
public final class UdpAddressTable {

  private static final int SLOTS = 4096;
  private static final int MOST = SLOTS / 2;

  private final @Nullable UdpAddress[] slots = new @Nullable UdpAddress[SLOTS];
  private int size;
  private @Nullable UdpAddress last;

  /** An empty table. */
  public UdpAddressTable() {}

  /** The address of the sender; the same object as the last time, except after a flood. */
  public UdpAddress find(ReceivedFrom from) {
    return find(from.high(), from.low(), from.port(), from.scope());
  }

  /** The object for an address. */
  public UdpAddress find(UdpAddress address) {
    return find(address.high(), address.low(), address.port(), address.scope());
  }

  private UdpAddress find(long high, long low, int port, int scope) {
    UdpAddress recent = last;
    if (recent != null && matches(recent, high, low, port, scope)) {
      return recent;
    }
    int slot = UdpAddress.hash(high, low, port) & (SLOTS - 1);
    UdpAddress found = slots[slot];
    while (found != null) {
      if (matches(found, high, low, port, scope)) {
        last = found;
        return found;
      }
      slot = (slot + 1) & (SLOTS - 1);
      found = slots[slot];
    }
    UdpAddress added = UdpAddress.of(high, low, port, scope);
    if (size == MOST) {
      Arrays.fill(slots, null);
      size = 0;
      slot = UdpAddress.hash(high, low, port) & (SLOTS - 1);
    }
    slots[slot] = added;
    size++;
    last = added;
    return added;
  }

  private static boolean matches(UdpAddress address, long high, long low, int port, int scope) {
    return address.low() == low
        && address.port() == port
        && address.high() == high
        && address.scope() == scope;
  }
}
