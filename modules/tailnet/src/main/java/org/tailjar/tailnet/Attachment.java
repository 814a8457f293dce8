package org.tailjar.tailnet;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.dataplane.ServiceTurn;
import org.tailjar.headscale.NetworkMap;
import org.tailjar.magicsock.LocalPaths;
import org.tailjar.packet.IpPrefix;
import org.tailjar.packet.PacketDevice;
import org.tailjar.tun.NetworkWatch;

/**
 * The node's attachment to the network: its interface, the packet path on it, and the network map
 * that is in force there. Owns all three and keeps them in repair, for as long as it takes: when a
 * thread of the packet path ends, because the interface is gone or a socket fails, both are made
 * anew and the last map is put in force. What others take from the interface is put back, and when
 * the network under it changes, the ways to peers are looked for again.
 *
 * <p>A packet path is made only once all threads of the one before have ended, or on another
 * device: two of them on one device would share its packets, and its buffers.
 *
 * <p>Changes are made under this object's lock, which is never held while waiting for the network;
 * what is asked of it is answered from volatile fields.
 */
final class Attachment {

  /** What others want to know of it, told on threads of its own. */
  interface Observer {

    /** This node can be reached in other ways than before. */
    void localPaths(LocalPaths local);

    /** The machine has other addresses, or another default route. */
    void networkChanged();
  }

  /** Makes the packet path for a device and a node key. */
  @FunctionalInterface
  interface PathOpener {
    PacketPath open(
        PacketDevice device,
        NodePrivateKey key,
        Consumer<LocalPaths> onLocalPaths,
        Consumer<Throwable> onFailure)
        throws IOException;
  }

  private static final Logger LOG = System.getLogger("org.tailjar.tailnet");
  private static final Duration REPAIR_INTERVAL = Duration.ofSeconds(2);

  /** For the threads of a packet path to end; they look several times in that time. */
  private static final Duration PATH_CLOSES = Duration.ofSeconds(1);

  /** Another program that takes things away all the time is mentioned no more often. */
  private static final Duration MENTION_INTERVAL = Duration.ofMinutes(10);

  private final String interfaceName;
  private final Supplier<PacketInterface> interfaces;
  private final PathOpener paths;
  private final boolean acceptRoutes;
  private final SystemDns dns;
  private final Observer observer;
  private final ReentrantLock lock = new ReentrantLock();
  private final Repairs repairs = new Repairs(this::repaired, REPAIR_INTERVAL);

  /** Rings when the key of a peer expires: the server need not say anything then. */
  private final Alarm expiry = new Alarm(InstantSource.system(), Alarm.LOOK, this::keyExpired);

  private volatile @Nullable PacketInterface attached;
  private volatile @Nullable PacketPath path;
  private volatile @Nullable NetworkWatch watch;

  /** Closed, but a thread of it still ran when last looked at. */
  private @Nullable PacketPath lingering;

  /** Null before it is opened, and when the node has left its tailnet. */
  private @Nullable NodePrivateKey key;

  private @Nullable NetworkMap map;
  private @Nullable Deadline quietUntil;

  /** Addresses and routes that the interface was given last. */
  private List<List<IpPrefix>> configured = List.of();

  /** Grows with each packet path: one that is closed may still have something to tell. */
  private volatile int generation;

  private volatile LocalPaths localPaths = LocalPaths.NONE;
  private volatile boolean damaged;
  private volatile boolean closed;

  /**
   * Attached to nothing yet.
   *
   * @param interfaceName what the interface is called in the system, if it is one of the system's
   * @param interfaces opens the interface, for the first time and when it has to be made anew
   * @param dns follows what the interface has
   */
  Attachment(
      String interfaceName,
      Supplier<PacketInterface> interfaces,
      PathOpener paths,
      boolean acceptRoutes,
      SystemDns dns,
      Observer observer) {
    this.interfaceName = interfaceName;
    this.interfaces = interfaces;
    this.paths = paths;
    this.acceptRoutes = acceptRoutes;
    this.dns = dns;
    this.observer = observer;
  }

  /**
   * Opens interface and packet path; nothing passes before {@link #apply}.
   *
   * @throws StartException when this system or its privileges do not allow an interface
   */
  void open(NodePrivateKey nodeKey) throws IOException {
    lock.lock();
    try {
      key = nodeKey;
      attached = interfaces.get();
      openPath(nodeKey);
    } finally {
      lock.unlock();
    }
    watch();
  }

  private void watch() {
    InterfaceWatch.start(this::keepInterface, InterfaceWatch.INTERVAL);
    try {
      watch =
          NetworkWatch.open(
              interfaceName,
              new NetworkWatch.Listener() {
                @Override
                public void interfaceChanged() {
                  keepInterface();
                }

                @Override
                public void networkChanged() {
                  networkMoved();
                }
              });
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "changes of the network are seen by looking only: {0}", e.getMessage());
    }
  }

  /** Looks at the interface as well: IPv6 may have been switched on or off. */
  private void networkMoved() {
    keepInterface();
    PacketPath present = path;
    if (present != null) {
      present.networkChanged();
    }
    observer.networkChanged();
  }

  /**
   * Puts a network map in force, at once or with the repair that is under way.
   *
   * @throws RuntimeException when that cannot be; the map before stays in force
   */
  void apply(NetworkMap received) {
    lock.lock();
    try {
      if (closed || key == null) {
        return;
      }
      if (!damaged) {
        putInForce(received);
      }
      map = received;
    } catch (IOException e) {
      map = received;
      interfaceFailed(e);
    } finally {
      lock.unlock();
    }
  }

  /** Makes the packet path anew for another node key. */
  void rekey(NodePrivateKey nodeKey) {
    lock.lock();
    try {
      if (closed || key == null) {
        return;
      }
      key = nodeKey;
      if (damaged) {
        return; // the repair takes this key
      }
      if (!closePath(PATH_CLOSES)) {
        throw new IOException("the packet path of the old node key has not ended in time");
      }
      openPath(nodeKey);
    } catch (IOException e) {
      pathFailed(e);
    } finally {
      lock.unlock();
    }
  }

  /** Ends the packet path and leaves the interface without addresses and routes. */
  void leave() throws IOException {
    lock.lock();
    try {
      key = null;
      map = null;
      damaged = false;
      expiry.set(Optional.empty());
      dns.leave();
      closePath(PATH_CLOSES);
      PacketInterface left = attached;
      if (left != null) {
        left.configure(List.of(), List.of());
        configured = List.of();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Whether packets can pass; false while it is being repaired. */
  boolean works() {
    return !damaged;
  }

  /** The packet path, null while there is none. */
  @Nullable PacketPath path() {
    return path;
  }

  /** The name of the interface in the system; empty when there is none. */
  Optional<String> interfaceName() {
    PacketInterface present = attached;
    return present == null ? Optional.empty() : present.systemName();
  }

  /** Where this node can be reached, as far as the packet path knows. */
  LocalPaths localPaths() {
    return localPaths;
  }

  /** Ends everything and takes the interface away, by the deadline as far as that is possible. */
  void close(Deadline deadline) {
    closed = true; // ends a repair under way
    expiry.close();
    dns.close(); // before the ways that its questions go
    NetworkWatch watching = watch;
    if (watching != null) {
      watching.close();
    }
    boolean locked = locked(deadline);
    try {
      closePath(deadline.atMost(PATH_CLOSES));
      closeInterface();
    } finally {
      if (locked) {
        lock.unlock();
      }
    }
  }

  /** Without the lock there is still more to win than to lose: the process ends. */
  private boolean locked(Deadline deadline) {
    try {
      return lock.tryLock(deadline.atMost(PATH_CLOSES).toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return lock.tryLock();
    }
  }

  private void openPath(NodePrivateKey nodeKey) throws IOException {
    PacketInterface on = attached;
    if (on == null || lingering != null) {
      throw new IOException("there is no packet device that is free");
    }
    int number = generation + 1;
    generation = number;
    PacketPath opened =
        paths.open(
            on.device(),
            nodeKey,
            local -> localPathsChanged(number, local),
            cause -> {
              if (number == generation) {
                pathFailed(cause);
              }
            });
    opened.serve(dns.turn());
    path = opened;
  }

  /** Whether no thread is left of the packet path, nor of an earlier one on this device. */
  private boolean closePath(Duration longest) {
    PacketPath ending = path == null ? lingering : path;
    path = null;
    generation++;
    lingering = ending == null || ending.close(longest) ? null : ending;
    return lingering == null;
  }

  private void closeInterface() {
    PacketInterface old = attached;
    attached = null;
    if (old != null) {
      old.close();
    }
  }

  private void putInForce(NetworkMap wanted) throws IOException {
    PacketPath present = path;
    if (present != null) {
      present.apply(wanted, Instant.now());
    }
    expiry.set(wanted.timeToPeersExpiry(Instant.now()));
    configure(wanted);
  }

  private void keyExpired() {
    lock.lock();
    try {
      NetworkMap current = map;
      if (current != null && !damaged && !closed) {
        putInForce(current);
      }
    } catch (IOException | RuntimeException e) {
      interfaceFailed(e);
    } finally {
      lock.unlock();
    }
  }

  /** Whether something was missing that had been there. */
  private boolean configure(NetworkMap wanted) throws IOException {
    PacketInterface present = attached;
    if (present == null) {
      return false;
    }
    List<IpPrefix> addresses = MapTranslation.prefixes(wanted.self().addresses());
    Instant now = Instant.now();
    List<IpPrefix> routes = new ArrayList<>(MapTranslation.routes(wanted, acceptRoutes, now));
    routes.addAll(dns.routes(wanted, now));
    // Routes also change with time, when a peer's key expires.
    boolean asBefore = List.of(addresses, routes).equals(configured);
    boolean changed = present.configure(addresses, routes);
    configured = List.of(addresses, routes);
    dns.apply(wanted, now, this::serve);
    return asBefore && changed;
  }

  private void serve(Optional<ServiceTurn> turn) {
    PacketPath present = path;
    if (present != null) {
      present.serve(turn);
    }
  }

  /** Puts back what others took from the interface; false once that is nobody's any more. */
  private boolean keepInterface() {
    lock.lock();
    try {
      NetworkMap current = map;
      if (current != null && !damaged && !closed && configure(current)) {
        Deadline quiet = quietUntil;
        boolean news = quiet == null || quiet.left().isZero();
        quietUntil = Deadline.in(MENTION_INTERVAL);
        LOG.log(
            news ? Level.WARNING : Level.DEBUG,
            "another program has changed the interface, its routes or its rules: put back");
      }
    } catch (IOException | RuntimeException e) {
      interfaceFailed(e);
    } finally {
      lock.unlock();
    }
    return !closed;
  }

  private void localPathsChanged(int number, LocalPaths local) {
    if (number == generation) {
      localPaths = local;
      observer.localPaths(local);
    }
  }

  private void interfaceFailed(Exception cause) {
    LOG.log(Level.ERROR, "the interface cannot be configured: {0}", cause.getMessage());
    repair();
  }

  private void pathFailed(Throwable cause) {
    LOG.log(
        Level.ERROR, "the packet path has stopped and is made anew: {0}", String.valueOf(cause));
    LOG.log(Level.DEBUG, "packet path", cause);
    repair();
  }

  /** The process, and so the container, stays for as long as it takes. */
  private void repair() {
    damaged = true;
    repairs.needed();
  }

  private boolean repaired() {
    lock.lock();
    try {
      NodePrivateKey current = key;
      if (closed || current == null) {
        return true;
      }
      if (!renew()) {
        return false;
      }
      damaged = false; // what fails from here on is a new damage
      openPath(current);
      if (closed) { // and did not wait for this
        closePath(PATH_CLOSES);
        closeInterface();
        return true;
      }
      NetworkMap last = map;
      if (last != null) {
        putInForce(last);
      }
      LOG.log(Level.INFO, "the packet path works again");
      return true;
    } catch (IOException | RuntimeException e) {
      damaged = true;
      LOG.log(Level.DEBUG, "repair", e);
      dns.leave(); // the system must not go on asking where nothing gets through
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** A device that no packet path is on. */
  private boolean renew() {
    boolean ended = closePath(PATH_CLOSES);
    PacketInterface old = attached;
    if (old != null && !old.renewable()) {
      return ended;
    }
    closeInterface();
    lingering = null; // what it still does is refused by the device, which is closed
    configured = List.of();
    attached = interfaces.get();
    return true;
  }
}
