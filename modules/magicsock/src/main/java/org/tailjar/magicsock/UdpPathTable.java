package org.tailjar.magicsock;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.tailjar.linux.UdpAddress;

/**
 * The {@link UdpPath} object of each address. Those without a peer are bounded: a flood of forged
 * sources makes it forget them, which costs nothing but their objects. Any RX thread, each of which
 * keeps what it found last, see {@link #version}; finds without allocating.
 */
final class UdpPathTable {

  static final int MAX_STRANGERS = 1024;

  /** Also a peer may come from ever new addresses; then all are learnt anew. */
  static final int MAX_PATHS = 16_384;

  private final Map<UdpAddress, UdpPath> paths = new HashMap<>();
  private int strangers;

  /** Written under the monitor. */
  private volatile int version;

  synchronized UdpPath find(UdpAddress address) {
    UdpPath found = paths.get(address);
    if (found == null) {
      if (++strangers > MAX_STRANGERS) {
        paths.values().removeIf(path -> path.peer() == null);
        strangers = 1;
      }
      found = new UdpPath(address);
      put(found);
    }
    return found;
  }

  /** Another number whenever paths of peers that are gone were forgotten. */
  int version() {
    return version;
  }

  /** Says whose address it is, so that it is not forgotten. */
  synchronized void owned(UdpPath path, Endpoint peer) {
    path.peer(peer);
    put(path);
  }

  private void put(UdpPath path) {
    if (paths.size() >= MAX_PATHS) {
      paths.clear();
    }
    paths.put(path.address(), path);
  }

  synchronized int size() {
    return paths.size();
  }

  /** Forgets the paths of peers that are gone. */
  synchronized void retain(Predicate<Endpoint> stays) {
    version++;
    paths
        .values()
        .removeIf(
            path -> {
              Endpoint owner = path.peer();
              return owner != null && !stays.test(owner);
            });
  }
}
