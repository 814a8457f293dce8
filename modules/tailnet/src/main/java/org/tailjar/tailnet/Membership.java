package org.tailjar.tailnet;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.headscale.AuthKey;
import org.tailjar.headscale.ControlClient;
import org.tailjar.headscale.ControlException;
import org.tailjar.headscale.ControlListener;
import org.tailjar.headscale.NetworkMap;
import org.tailjar.headscale.Registration;
import org.tailjar.transport.Backoff;

/**
 * Keeps the node a member of its tailnet: registers it, follows its network map, and registers it
 * again when the server has forgotten it or wants a new key. Owns the identity; runs on one virtual
 * thread until it is closed, or until the server refuses the auth key before the node was ever up.
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

  /** Makes the client for an identity. */
  @FunctionalInterface
  interface ClientFactory {
    ControlClient connect(NodeIdentity identity, ControlListener listener);
  }

  private static final Logger LOG = System.getLogger("org.tailjar.tailnet");
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
  private static final Duration KEY_FILE_INTERVAL = Duration.ofSeconds(5);

  private final String server;
  private final AuthKeySource authKeys;
  private final StateStore store;
  private final ClientFactory clients;
  private final Observer observer;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Backoff backoff = new Backoff(LONGEST_PAUSE);
  private final Follower follower = new Follower();

  private volatile NodeIdentity identity;
  private volatile @Nullable ControlClient client;
  private volatile boolean wasUp;

  /** The auth key that the server refused last: it is not sent again. */
  private @Nullable Secret refusedKey;

  private NodePublicKey oldNodeKey = NodePublicKey.ZERO;
  private String lastTrouble = "";
  private String lastUrl = "";

  Membership(
      String server,
      AuthKeySource authKeys,
      StateStore store,
      NodeIdentity identity,
      ClientFactory clients,
      Observer observer) {
    this.server = server;
    this.authKeys = authKeys;
    this.store = store;
    this.identity = identity;
    this.clients = clients;
    this.observer = observer;
  }

  /** The identity now; any thread. */
  NodeIdentity identity() {
    return identity;
  }

  /** The client now, null before the first; any thread. */
  @Nullable ControlClient client() {
    return client;
  }

  /** The body of the thread. */
  void run() {
    client = clients.connect(identity, follower);
    while (!isClosing()) {
      try {
        if (register()) {
          backoff.reset();
          currentClient().poll(identity.nodeKey().publicKey());
        }
      } catch (ControlException e) {
        trouble(sentence(e));
        pause(longer(e.retryAfter(), backoff.next()));
      } catch (IOException e) {
        trouble(sentence(e));
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
    Optional<Secret> key = identity.registered() ? Optional.empty() : usableKey();
    Registration outcome =
        currentClient()
            .register(
                identity.nodeKey().publicKey(),
                oldNodeKey,
                key.map(secret -> AuthKey.of(secret.reveal())).orElse(null));
    return act(outcome, key);
  }

  private boolean act(Registration outcome, Optional<Secret> key) throws IOException {
    switch (outcome) {
      case Registration.Registered registered -> {
        oldNodeKey = NodePublicKey.ZERO;
        lastUrl = "";
        if (!identity.registered()) {
          keep(identity.asRegistered());
        }
        observer.registered();
        return true;
      }
      case Registration.KeyExpired expired -> {
        LOG.log(Level.INFO, "the node key has expired; registering with a new one");
        renewNodeKey();
        pause(backoff.next());
        return false;
      }
      case Registration.NeedsLogin(String url) -> {
        if (identity.registered() && usableKey().isPresent()) {
          LOG.log(Level.INFO, "the server no longer knows this node; registering it again");
          keep(identity.asUnregistered());
          return false;
        }
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
    if (!wasUp) {
      observer.refused(new StartFailure.KeyRejected(rejected.error()));
      closing.countDown();
      return false;
    }
    LOG.log(Level.WARNING, "the server refuses the auth key: {0}", rejected.error());
    refusedKey = key.get();
    return false;
  }

  /**
   * Shows the URL, and waits for a person to log in or for another auth key, whichever comes first.
   */
  private boolean awaitLogin(String url) throws IOException {
    if (!url.equals(lastUrl)) {
      lastUrl = url;
      LOG.log(
          Level.WARNING,
          "this node needs a login: open {0}, or put a valid auth key in its place",
          url);
    }
    observer.needsLogin(uri(url));
    NodePublicKey nodeKey = identity.nodeKey().publicKey();
    CompletableFuture<Registration> login = new CompletableFuture<>();
    ControlClient asked = currentClient();
    Thread waiter =
        Thread.ofVirtual()
            .name("login")
            .start(
                () -> {
                  try {
                    login.complete(asked.awaitLogin(nodeKey, oldNodeKey, url));
                  } catch (IOException | RuntimeException e) {
                    login.completeExceptionally(e);
                  }
                });
    try {
      while (!isClosing()) {
        try {
          Registration outcome = login.get(KEY_FILE_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
          if (outcome instanceof Registration.NeedsLogin) {
            pause(backoff.next());
          }
          return act(outcome, Optional.empty());
        } catch (TimeoutException e) {
          if (usableKey().isPresent()) {
            if (identity.registered()) {
              keep(identity.asUnregistered());
            }
            return false;
          }
        }
      }
      return false;
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      closing.countDown();
      return false;
    } finally {
      waiter.interrupt();
    }
  }

  private Optional<Secret> usableKey() throws IOException {
    return authKeys.read().filter(key -> !key.equals(refusedKey));
  }

  /** The old key is named to the server, so that the node keeps its addresses and its name. */
  private void renewNodeKey() throws IOException {
    oldNodeKey = identity.nodeKey().publicKey();
    keep(identity.withFreshNodeKey(server));
    observer.newNodeKey(identity);
  }

  private void keep(NodeIdentity replacement) throws IOException {
    // Stored before it is used: a key that the server knows and we lost would burn a one-shot auth
    // key.
    store.save(replacement);
    identity = replacement;
  }

  /**
   * Gives up the registration. The next node key is a fresh one.
   *
   * @throws IOException when the server did not confirm
   */
  void logout() throws IOException {
    NodeIdentity left = identity;
    if (left.registered()) {
      currentClient().logout(left.nodeKey().publicKey());
    }
    store.save(left.withFreshNodeKey(server));
    store.forgetMap();
  }

  private ControlClient currentClient() throws IOException {
    ControlClient current = client;
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
    // Attempts go on for ever, so each reason is said once.
    if (!reason.equals(lastTrouble)) {
      lastTrouble = reason;
      LOG.log(Level.WARNING, "cannot reach {0}, trying on: {1}", server, reason);
    }
  }

  private static String sentence(IOException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
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
    ControlClient current = client;
    if (current != null) {
      current.close();
    }
  }

  /** What the client tells while it polls. */
  private final class Follower implements ControlListener {

    @Override
    public void networkMap(NetworkMap map) {
      wasUp = true;
      observer.networkMap(map);
    }

    @Override
    public void connected() {
      observer.serverConnection("connected");
      if (!lastTrouble.isEmpty()) {
        lastTrouble = "";
        LOG.log(Level.INFO, "connected to {0} again", server);
      }
    }

    @Override
    public void lost(String reason) {
      trouble(reason);
    }

    @Override
    public void reRegister() {
      LOG.log(Level.WARNING, "the server no longer knows this node; registering it again");
      try {
        keep(identity.asUnregistered());
      } catch (IOException e) {
        trouble("the state cannot be saved: " + sentence(e));
      }
    }

    @Override
    public void openUrl(String url) {
      LOG.log(Level.INFO, "the server asks to open {0}", url);
    }
  }
}
