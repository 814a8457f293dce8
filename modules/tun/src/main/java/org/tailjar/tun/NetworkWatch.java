package org.tailjar.tun;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.tailjar.linux.LinkAddress;
import org.tailjar.linux.LinuxException;
import org.tailjar.linux.Netlink;
import org.tailjar.linux.NetworkEvent;
import org.tailjar.linux.NetworkLink;
import org.tailjar.linux.NetworkMonitor;

/**
 * Watches the network namespace in which it was opened: tells soon when something about the
 * tunnel's interface, its routes or its rules has changed, and when the network under the tunnel
 * has other addresses or another default route than before. On a platform thread, since a wait in
 * the kernel holds its thread.
 */
public final class NetworkWatch implements AutoCloseable {

  /** Takes what happened, on the thread of the watch. */
  public interface Listener {

    /** The interface, its routes or its rules may no longer be as they were configured. */
    void interfaceChanged();

    /** The machine may be reached in other ways than before. */
    void networkChanged();
  }

  private static final Logger LOG = System.getLogger("org.tailjar.tun");

  /** An address that packets can leave from. */
  private record Usable(int link, LinkAddress address) {}

  private final String interfaceName;
  private final NetworkMonitor monitor;
  private final Netlink netlink;
  private final Listener listener;
  private final NetworkChanges changes;
  private Set<Usable> usable;
  private boolean otherDefaultRoute;

  private NetworkWatch(
      String interfaceName, NetworkMonitor monitor, Netlink netlink, Listener listener)
      throws IOException {
    this.interfaceName = interfaceName;
    this.monitor = monitor;
    this.netlink = netlink;
    this.listener = listener;
    changes = new NetworkChanges(interfaceName, System.nanoTime());
    usable = survey();
  }

  /**
   * Begins to watch.
   *
   * @param interfaceName the tunnel's own interface, which need not be there
   * @throws IOException when the kernel refuses a netlink socket
   */
  public static NetworkWatch open(String interfaceName, Listener listener) throws IOException {
    NetworkMonitor monitor = NetworkMonitor.open();
    try {
      Netlink netlink = Netlink.open();
      try {
        NetworkWatch watch = new NetworkWatch(interfaceName, monitor, netlink, listener);
        Thread.ofPlatform().daemon().name("tailjar-network").start(watch::run);
        return watch;
      } catch (IOException e) {
        netlink.close();
        throw e;
      }
    } catch (IOException e) {
      monitor.close();
      throw e;
    }
  }

  private void run() {
    try {
      while (true) {
        long deadline = changes.deadline();
        long wait =
            deadline == NetworkChanges.NEVER ? -1 : Math.max(0, deadline - System.nanoTime());
        List<NetworkEvent> events = monitor.await(wait);
        long now = System.nanoTime();
        for (NetworkEvent event : events) {
          LOG.log(Level.TRACE, "{0}", event);
          otherDefaultRoute |=
              event instanceof NetworkEvent.Route(int table, boolean isDefault)
                  && isDefault
                  && table != Router.TABLE;
          changes.event(event, now);
        }
        try {
          if (changes.takeLook(now)) {
            listener.interfaceChanged();
          }
          if (changes.takeQuiet(now)) {
            ask();
          }
        } catch (RuntimeException e) {
          LOG.log(Level.WARNING, "a change of the network could not be followed", e);
        }
      }
    } catch (IOException e) {
      // Closed; or the kernel refuses, and who looks from time to time sees later what happens.
      LOG.log(Level.DEBUG, "no longer watching the network: {0}", e.getMessage());
    }
  }

  private void ask() throws IOException {
    Set<Usable> now;
    try {
      now = survey();
    } catch (LinuxException e) {
      // Not that it has no addresses: the next event asks again.
      LOG.log(Level.DEBUG, "the network cannot be surveyed: {0}", e.getMessage());
      return;
    }
    if (otherDefaultRoute || !now.equals(usable)) {
      usable = now;
      otherDefaultRoute = false;
      LOG.log(Level.DEBUG, "the network under the tunnel has changed: {0}", now);
      listener.networkChanged();
    }
  }

  /** Addresses of interfaces that work, but for the tunnel's own. */
  private Set<Usable> survey() throws IOException {
    Set<Usable> found = new HashSet<>();
    OptionalInt own = OptionalInt.empty();
    Map<Integer, List<LinkAddress>> addresses = netlink.addresses();
    for (NetworkLink link : netlink.links()) {
      if (link.name().equals(interfaceName)) {
        own = OptionalInt.of(link.index());
      } else if (link.up() && link.running()) {
        for (LinkAddress address : addresses.getOrDefault(link.index(), List.of())) {
          if (!address.linkLocal()) {
            found.add(new Usable(link.index(), address));
          }
        }
      }
    }
    changes.index(own);
    return found;
  }

  /** Ends the watch; one call of the listener may still be under way. */
  @Override
  public void close() {
    monitor.close();
    netlink.close();
  }
}
