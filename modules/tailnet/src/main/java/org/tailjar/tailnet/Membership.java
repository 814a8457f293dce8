package org.tailjar.tailnet;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.headscale.AuthKey;
import org.tailjar.headscale.ControlException;
import org.tailjar.headscale.ControlListener;
import org.tailjar.headscale.NetworkMap;
import org.tailjar.headscale.Registration;
import org.tailjar.transport.Backoff;

/**
 * Keeps the node a member of its tailnet: registers it, follows its network map, and registers it
 * again when the server has forgotten it or wants a new key. Runs on one virtual thread until it is
 * closed, or until the server refuses the auth key before the node was ever up.
 */
final class Membership implements AutoCloseable {

  /** What becomes of the membership, told on its thread. */
  interface Observer {

    /** The identity has another node key; everything that uses the key must be made anew. */
    void newNodeKey(NodeIdentity identity);

    /** A network map came. */
    void networkMap(NetworkMap map);

    /** The server wants a person to log in, at the URL if it gave one. */
    void needsLogin(Optional<URI> url);

    /** The server has accepted the node. */
    void registered();

    /** One line about the connection to the server. */
    void serverConnection(String line);

    /** The node can never come up. */
    void refused(StartFailure failure);
  }

  /** Makes the link for an identity. */
  @FunctionalInterface
  interface LinkFactory {
    ControlLink connect(NodeIdentity identity, ControlListener listener);
  }

  private static final Logger LOG = System.getLogger("org.tailjar.tailnet");
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
  private static final Duration KEY_FILE_INTERVAL = Duration.ofSeconds(5);
  private static final Duration LOGOUT_CHECK = Duration.ofMillis(100);

  private final String server;
  private final UsableKey authKey;
  private final StateStore store;
  private final LinkFactory links;
  private final Observer observer;
  private final Duration keyFileInterval;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Backoff backoff = new Backoff(LONGEST_PAUSE);
  private final Follower follower = new Follower();

  private final IdentityKeeper keeper;
  private final Troubles troubles = new Troubles();
  private volatile @Nullable ControlLink link;
  private volatile boolean wasUp;

  /** While a logout is under way nothing is registered. */
  private volatile boolean leaving;

  /** Whether the server has called this node registered and has not shown it a map since. */
  private boolean registeredWithoutMap;

  private String lastUrl = "";

  /**
   * Does nothing yet.
   *
   * @param wasUp whether this node is up already, by a network map of an earlier life
   */
  Membership(
      String server,
      AuthKeySource authKeys,
      StateStore store,
      NodeIdentity identity,
      LinkFactory links,
      Observer observer,
      boolean wasUp) {
    this(server, authKeys, store, identity, links, observer, wasUp, KEY_FILE_INTERVAL);
  }

  Membership(
      String server,
      AuthKeySource authKeys,
      StateStore store,
      NodeIdentity identity,
      LinkFactory links,
      Observer observer,
      boolean wasUp,
      Duration keyFileInterval) {
    this.keyFileInterval = keyFileInterval;
    this.wasUp = wasUp;
    this.server = server;
    this.authKey = new UsableKey(authKeys, troubles);
    this.store = store;
    this.keeper = new IdentityKeeper(server, store, identity);
    this.links = links;
    this.observer = observer;
  }

  /** The identity now; any thread. */
  NodeIdentity identity() {
    return keeper.identity();
  }

  /** The body of the thread. */
  void run() {
    link = links.connect(keeper.identity(), follower);
    while (!isClosing()) {
      try {
        if (leaving) {
          pause(LOGOUT_CHECK);
        } else if (register()) {
          currentLink().poll(nodeKey());
          // No delay to speak of after a map; a growing one for a server that registers a node and
          // then does not know it.
          pause(backoff.next());
        }
      } catch (ControlException e) {
        trouble(Troubles.sentence(e));
        pause(longer(e.retryAfter(), backoff.next()));
      } catch (IOException e) {
        trouble(Troubles.sentence(e));
        pause(backoff.next());
      } catch (RuntimeException e) {
        // A fault of this program must not strand the node for good.
        LOG.log(Level.DEBUG, "membership", e);
        trouble("a fault of this program: " + e);
        pause(backoff.next());
      }
    }
  }

  /**
   * One attempt to register.
   *
   * @return whether the server accepts the node key
   */
  private boolean register() throws IOException {
    Optional<Secret> key = keeper.identity().registered() ? Optional.empty() : authKey.read();
    Registration outcome =
        currentLink()
            .register(
                nodeKey(),
                keeper.oldNodeKey(),
                key.map(secret -> AuthKey.of(secret.reveal())).orElse(null));
    return act(outcome, key);
  }

  private boolean act(Registration outcome, Optional<Secret> key) throws IOException {
    switch (outcome) {
      case Registration.Registered registered -> {
        lastUrl = "";
        registeredWithoutMap = true;
        keeper.registered();
        observer.registered();
        return true;
      }
      case Registration.KeyExpired expired -> {
        troubles.say(Level.WARNING, "the node key has expired; registering with a new one");
        keeper.renewNodeKey();
        observer.newNodeKey(keeper.identity());
        pause(backoff.next());
        return false;
      }
      case Registration.NeedsLogin(String url) -> {
        if (keeper.identity().registered() && authKey.read().isPresent()) {
          troubles.say(Level.WARNING, "the server no longer knows this node; registering it again");
          keeper.unregistered();
          return false;
        }
        // A server that asks for a person in spite of a key will do so again.
        key.ifPresent(authKey::useless);
        return awaitLogin(url);
      }
      case Registration.Rejected rejected -> {
        return rejected(rejected, key);
      }
    }
  }

  private boolean rejected(Registration.Rejected rejected, Optional<Secret> key)
      throws IOException {
    if (key.isEmpty() || !rejected.isAuthKeyFault()) {
      // Headscale reports its internal faults in the same way, so this may pass.
      trouble("it refuses to register this node: " + rejected.error());
      pause(backoff.next());
      return false;
    }
    // An answer may have been lost after the server had used up the key for this very node.
    Registration known = currentLink().register(nodeKey(), keeper.oldNodeKey(), null);
    if (known instanceof Registration.Registered) {
      return act(known, Optional.empty());
    }
    if (!wasUp) {
      observer.refused(new StartFailure.KeyRejected(rejected.error()));
      closing.countDown();
      return false;
    }
    LOG.log(Level.WARNING, "the server refuses the auth key: {0}", rejected.error());
    authKey.useless(key.get());
    return false;
  }

  /**
   * Shows the URL, and waits for a person to log in or for another auth key, whichever comes first.
   */
  private boolean awaitLogin(String url) throws IOException {
    String current = url;
    show(current);
    while (!isClosing()) {
      Optional<Registration> outcome;
      try {
        outcome = login(current);
      } catch (IOException e) {
        // The URL may be open in somebody's browser: the same one is asked about again.
        trouble(Troubles.sentence(e));
        pause(backoff.next());
        continue;
      }
      if (outcome.isEmpty()) {
        if (isClosing()) {
          return false;
        }
        if (keeper.identity().registered()) {
          keeper.unregistered();
        }
        return false;
      }
      if (!(outcome.get() instanceof Registration.NeedsLogin(String next))) {
        return act(outcome.get(), Optional.empty());
      }
      current = next;
      show(current);
      pause(backoff.next());
    }
    return false;
  }

  private void show(String url) {
    if (!url.equals(lastUrl)) {
      lastUrl = url;
      LOG.log(
          Level.WARNING,
          "this node needs a login: open {0}, or put a valid auth key in its place",
          url);
    }
    observer.needsLogin(uri(url));
  }

  /** What the server says once a person has logged in; empty when there is a key to try instead. */
  private Optional<Registration> login(String url) throws IOException {
    NodePublicKey nodeKey = nodeKey();
    NodePublicKey oldNodeKey = keeper.oldNodeKey();
    ControlLink asked = currentLink();
    try {
      return LoginWait.await(
          () -> asked.awaitLogin(nodeKey, oldNodeKey, url),
          () -> isClosing() || authKey.read().isPresent(),
          keyFileInterval);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      closing.countDown();
      return Optional.empty();
    }
  }

  /**
   * Gives up the registration. The next node key is a fresh one.
   *
   * @throws IOException when the server did not confirm
   */
  void logout() throws IOException {
    // The server ends the map stream at once, after which this node would come back.
    leaving = true;
    try {
      if (keeper.identity().registered()) {
        currentLink().logout(nodeKey());
      }
      keeper.loggedOut();
      closing.countDown();
      store.forgetMap();
    } finally {
      leaving = false;
    }
  }

  private NodePublicKey nodeKey() {
    return keeper.identity().nodeKey().publicKey();
  }

  private ControlLink currentLink() throws IOException {
    ControlLink current = link;
    if (current == null || isClosing() && Thread.currentThread().isInterrupted()) {
      throw new IOException("the node is not connected to its server");
    }
    return current;
  }

  private void trouble(String reason) {
    if (isClosing()) {
      return;
    }
    observer.serverConnection("retrying: " + reason);
    troubles.lost(server, reason);
  }

  private static Duration longer(Duration a, Duration b) {
    return a.compareTo(b) > 0 ? a : b;
  }

  private static Optional<URI> uri(String url) {
    try {
      return Optional.of(URI.create(url));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private boolean isClosing() {
    return closing.getCount() == 0;
  }

  private void pause(Duration time) {
    try {
      if (closing.await(time.toNanos(), TimeUnit.NANOSECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      closing.countDown();
    }
  }

  @Override
  public void close() {
    closing.countDown();
    ControlLink current = link;
    if (current != null) {
      current.close();
    }
  }

  /** What the client tells while it polls. */
  private final class Follower implements ControlListener {

    /** Whether the last map says that the node key has expired. */
    private boolean expired;

    @Override
    public void networkMap(NetworkMap map) {
      wasUp = true;
      registeredWithoutMap = false;
      expired = map.isExpired(map.self(), Instant.now());
      if (!expired) {
        backoff.reset();
      }
      observer.networkMap(map);
    }

    @Override
    public void connected() {
      observer.serverConnection("connected");
      troubles.connected(server);
    }

    @Override
    public void lost(String reason) {
      trouble(reason);
    }

    @Override
    public void reRegister() {
      if (leaving || isClosing()) {
        return;
      }
      if (!expired) {
        troubles.say(Level.WARNING, "the server no longer knows this node; registering it again");
      }
      if (!registeredWithoutMap) {
        // The server is asked first: the key is for a node that it says it does not know.
        return;
      }
      try {
        keeper.unregistered();
      } catch (IOException e) {
        trouble("the state cannot be saved: " + Troubles.sentence(e));
      }
    }

    @Override
    public void openUrl(String url) {
      LOG.log(Level.INFO, "the server asks to open {0}", url);
    }
  }
}
