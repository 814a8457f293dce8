package org.tailjar.magicsock;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.tailjar.linux.ReceivedFrom;
import org.tailjar.linux.UdpAddress;
import org.tailjar.linux.UdpAddressTable;

/**
 * The {@link UdpPath} object of each address. Those without a peer are bounded: a flood of forged
 * sources makes it forget them, which costs nothing but their objects. Owned by the RX thread;
 * finds without allocating.
 */
final class UdpPathTable {

  private static final int MAX_STRANGERS = 1024;

  /** Also a peer may come from ever new addresses; then all are learnt anew. */
  private static final int MAX_PATHS = 16_384;

  private final UdpAddressTable senders = new UdpAddressTable();
  private final Map<UdpAddress, UdpPath> paths = new HashMap<>();
  private @Nullable UdpPath last;
  private int strangers;

  UdpPath find(ReceivedFrom from) {
    return find(senders.find(from));
  }

  UdpPath find(UdpAddress address) {
    UdpPath recent = last;
    if (recent != null && recent.address() == address) {
      return recent;
    }
    UdpPath found = paths.get(address);
    if (found == null) {
      if (++strangers > MAX_STRANGERS) {
        paths.values().removeIf(path -> path.peer() == null);
        strangers = 1;
      }
      found = new UdpPath(address);
      put(found);
    }
    last = found;
    return found;
  }

  /** Says whose address it is, so that it is not forgotten. */
  void owned(UdpPath path, Endpoint peer) {
    path.peer(peer);
    put(path);
  }

  private void put(UdpPath path) {
    if (paths.size() >= MAX_PATHS) {
      paths.clear();
    }
    paths.put(path.address(), path);
  }

  int size() {
    return paths.size();
  }

  /** Forgets the paths of peers that are gone. */
  void retain(Predicate<Endpoint> stays) {
    last = null;
    paths
        .values()
        .removeIf(
            path -> {
              Endpoint owner = path.peer();
              return owner != null && !stays.test(owner);
            });
  }
}
