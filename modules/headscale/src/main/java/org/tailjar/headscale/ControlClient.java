package org.tailjar.headscale;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.MachinePublicKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.transport.Backoff;

/**
 * A node's side of the control protocol.
 *
 * <p>The life of a client: {@link #register} until {@link Registration.Registered}, then {@link
 * #poll} on a thread of its own, which calls the {@link ControlListener}; beside it {@link
 * #updateLocal} from any thread; {@link #close} from any thread ends it all. Every call blocks and
 * is meant for virtual threads. The auth key goes out in the very call that has it and is not kept.
 */
public final class ControlClient implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger("org.tailjar.headscale");

  /** An expiry that asks for a logout: any time in the past does. */
  private static final Instant LOGGED_OUT = Instant.ofEpochSecond(123);

  /** How long an approval by a person may take before the request is made again. */
  private static final Duration LOGIN_TIMEOUT = Duration.ofMinutes(20);

  /** The longest pause between attempts, before it is varied. */
  static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  private static final Duration CLOCK_SLACK = Duration.ofMillis(100);

  private final ControlConfig config;
  private final ControlListener listener;
  private final RandomGenerator random;
  private final InstantSource clock;
  private final Pings pings;
  private final CountDownLatch closed = new CountDownLatch(1);

  /** Guards the connection and its making, so that only one is made at a time. */
  private final ReentrantLock connecting = new ReentrantLock();

  private volatile @Nullable ControlConnection connection;
  private @Nullable MachinePublicKey serverKey;

  private final LocalUpdates updates;
  private volatile @Nullable Thread poller;

  /** A client that does nothing yet. */
  public ControlClient(ControlConfig config, ControlListener listener) {
    this(config, listener, RandomGenerator.getDefault(), InstantSource.system());
  }

  ControlClient(
      ControlConfig config, ControlListener listener, RandomGenerator random, InstantSource clock) {
    this.config = config;
    this.listener = listener;
    this.random = random;
    this.clock = clock;
    this.pings = new Pings(config);
    this.updates = new LocalUpdates(config, random);
  }

  /**
   * Asks the server to authorise a node key. A key that it knows from this machine needs no auth
   * key.
   *
   * @param nodeKey the key to authorise
   * @param oldNodeKey the key that it replaces, or {@link NodePublicKey#ZERO}
   * @param authKey a pre-auth key, or null to send none
   * @throws IOException if there is no answer; worth another attempt later, after {@link
   *     ControlException#retryAfter} where it is one
   */
  public Registration register(
      NodePublicKey nodeKey, NodePublicKey oldNodeKey, @Nullable AuthKey authKey)
      throws IOException {
    Duration timeout = config.timings().request();
    if (authKey == null) {
      return register(nodeKey, oldNodeKey, null, null, null, timeout);
    }
    try {
      RegisterAuth auth = new RegisterAuth(authKey.secret());
      Registration answer = register(nodeKey, oldNodeKey, auth, null, null, timeout);
      return answer instanceof Registration.Rejected(String error)
          ? new Registration.Rejected(authKey.redact(error))
          : answer;
    } catch (ControlException e) {
      // A proxy's error page may repeat the request.
      throw new ControlException(authKey.redact(sentence(e)), e.status(), e.retryAfter());
    }
  }

  /**
   * Waits until a person has approved the node at the URL of {@link Registration.NeedsLogin}; up to
   * twenty minutes.
   *
   * @return as {@link #register}; another URL replaces the old one, and when the same comes back
   *     the caller asks again, later
   * @throws IOException if there is no answer; ask again with the same URL
   */
  public Registration awaitLogin(NodePublicKey nodeKey, NodePublicKey oldNodeKey, String authUrl)
      throws IOException {
    return register(nodeKey, oldNodeKey, null, authUrl, null, LOGIN_TIMEOUT);
  }

  /**
   * Expires the node key at the server; an ephemeral node is deleted. A node that is not ephemeral
   * then needs a fresh auth key.
   *
   * @throws IOException if there is no answer, or the server refuses
   */
  public void logout(NodePublicKey nodeKey) throws IOException {
    Registration answer =
        register(nodeKey, NodePublicKey.ZERO, null, null, LOGGED_OUT, config.timings().request());
    if (answer instanceof Registration.Rejected(String error)) {
      throw new ControlException("the server refused the logout: " + error);
    }
  }

  /**
   * Says what changed about this node: at once where the map stream is up, with the next stream
   * where not. Returns immediately.
   *
   * @param hostinfo what the node says of itself; a NetInfo in it is replaced
   * @param endpoints all endpoints, as ip:port
   * @param endpointTypes what each endpoint is
   * @param netInfo the view of the network; null before there is one
   * @throws IllegalArgumentException if endpoints and types differ in number
   */
  public void updateLocal(
      Hostinfo hostinfo,
      List<String> endpoints,
      List<EndpointType> endpointTypes,
      @Nullable NetInfo netInfo) {
    updates.change(hostinfo.withNetInfo(netInfo), endpoints, endpointTypes);
  }

  /**
   * Says that the network of this machine has changed: if the server does not answer soon, it is
   * connected to anew, long before its silence would tell. Returns immediately.
   */
  public void networkChanged() {
    updates.doubtConnection();
  }

  /**
   * Follows the map stream, through every loss of the connection, until the client is closed, the
   * thread is interrupted, or the server does not accept the key any more ({@link
   * ControlListener#reRegister}).
   *
   * @throws IllegalStateException if another thread polls
   */
  public void poll(NodePublicKey nodeKey) {
    synchronized (this) {
      if (poller != null) {
        throw new IllegalStateException("another thread polls already");
      }
      poller = Thread.currentThread();
    }
    try (LocalUpdates.Sender sender = updates.start(nodeKey)) {
      Backoff backoff = new Backoff(LONGEST_PAUSE, random);
      while (!isClosed() && !Thread.currentThread().isInterrupted()) {
        Duration pause;
        long started = System.nanoTime();
        try {
          follow(nodeKey, sender);
          throw new IOException("the server ended the map stream");
        } catch (IOException | RuntimeException e) {
          sender.disconnected();
          dropConnection();
          if (isClosed() || Thread.currentThread().isInterrupted()) {
            return;
          }
          if (e instanceof RuntimeException) {
            // A fault of this program, the listener's included, must not strand the node.
            LOG.log(System.Logger.Level.ERROR, "the map stream failed; it is tried again", e);
          }
          if (e instanceof KeyRefusedException || sender.isRefused()) {
            listener.reRegister();
            return;
          }
          LOG.log(System.Logger.Level.DEBUG, "map stream", e);
          listener.lost(sentence(e));
          if (System.nanoTime() - started > config.timings().settled().toNanos()) {
            backoff.reset();
          }
          pause = backoff.next();
          if (e instanceof ControlException refused && refused.retryAfter().compareTo(pause) > 0) {
            pause = refused.retryAfter();
          }
        }
        if (waitClosed(pause)) {
          return;
        }
      }
    } finally {
      synchronized (this) {
        poller = null;
      }
    }
  }

  /** The server does not know the node that asks for its map, or its key has expired. */
  private static final class KeyRefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    KeyRefusedException(String message) {
      super(message);
    }
  }

  /** One map stream, from its request to its end. */
  private void follow(NodePublicKey nodeKey, LocalUpdates.Sender sender) throws IOException {
    ControlConnection current = connect();
    Duration watchdog = config.timings().watchdog();
    LocalState local = updates.current();
    byte[] request = local.mapRequest(nodeKey, config.discoKey(), true);
    try (Http2Response response = current.post("/machine/map", request, watchdog)) {
      if (response.status() != 200) {
        ControlException refused =
            ControlConnection.refused("the map request", response, config.timings().request());
        // Only here: the same status outside the Noise session is a proxy without its server.
        throw refused.status() == 404 ? new KeyRefusedException(sentence(refused)) : refused;
      }
      InputStream body = response.body();
      @Nullable NetworkMap map = null;
      while (!isClosed()) {
        response.readTimeout(map == null ? watchdog : untilExpiry(map, watchdog));
        byte[] json = read(body, map);
        if (json == null) {
          return;
        }
        MapResponse message = WireJson.decode(MapResponse.class, json);
        pings.answer(message.pingRequest(), current);
        openUrl(message);
        if (message.keepAlive()) {
          updates.ask();
        } else {
          @Nullable NetworkMap old = map;
          map =
              old == null
                  ? NetworkMap.of(message, clock.instant())
                  : old.with(message, clock.instant());
          if (old == null) {
            listener.connected();
            sender.connected(current, local.revision());
          }
          if (map != old) {
            listener.networkMap(map);
          }
        }
        requireUnexpired(map);
        sleep(message.debug());
      }
    }
  }

  /** The server need not say anything when the time comes. */
  private Duration untilExpiry(NetworkMap map, Duration longest) {
    // A little more: the wall clock may lag behind the one that measures the wait.
    return map.timeToExpiry(map.self(), clock.instant())
        .filter(left -> left.compareTo(longest) < 0)
        .map(left -> left.plus(CLOCK_SLACK))
        .orElse(longest);
  }

  private byte @Nullable [] read(InputStream body, @Nullable NetworkMap map) throws IOException {
    try {
      return MapFrames.read(body);
    } catch (SocketTimeoutException e) {
      requireUnexpired(map);
      throw e;
    }
  }

  private void requireUnexpired(@Nullable NetworkMap map) throws KeyRefusedException {
    if (map != null && map.isExpired(map.self(), clock.instant())) {
      // Headscale keeps the stream, and peers drop what comes from an expired key.
      throw new KeyRefusedException("the node key has expired");
    }
  }

  private @Nullable String lastUrl;

  private void openUrl(MapResponse message) {
    @Nullable String url = message.popBrowserUrl();
    if (url != null && !url.isEmpty() && !url.equals(lastUrl)) {
      lastUrl = url;
      listener.openUrl(url);
    }
  }

  private void sleep(@Nullable Debug debug) {
    if (debug != null && debug.sleepSeconds() > 0) {
      waitClosed(Duration.ofMillis((long) (1000 * Math.min(debug.sleepSeconds(), 300))));
    }
  }

  private Registration register(
      NodePublicKey nodeKey,
      NodePublicKey oldNodeKey,
      @Nullable RegisterAuth auth,
      @Nullable String followup,
      @Nullable Instant expiry,
      Duration timeout)
      throws IOException {
    byte[] request =
        WireJson.encode(
            new RegisterRequest(
                ControlConnection.CAPABILITY_VERSION,
                nodeKey,
                oldNodeKey,
                auth,
                expiry,
                followup,
                updates.current().hostinfo()));
    @Nullable ControlConnection reused = usableConnection();
    if (reused != null) {
      try {
        return register(reused, request, timeout);
      } catch (ControlException e) {
        throw e;
      } catch (IOException e) {
        // The server may have closed an idle connection; a registration may be repeated.
        LOG.log(System.Logger.Level.DEBUG, "register on an old connection", e);
        if (isClosed() || Thread.currentThread().isInterrupted()) {
          throw e;
        }
        dropConnection(reused);
      }
    }
    return register(connect(), request, timeout);
  }

  private Registration register(ControlConnection on, byte[] request, Duration timeout)
      throws IOException {
    try (Http2Response response = on.post("/machine/register", request, timeout)) {
      if (response.status() != 200) {
        throw ControlConnection.refused("the registration", response, config.timings().request());
      }
      response.readTimeout(config.timings().request());
      byte[] body = response.body().readNBytes(1 << 20);
      return outcome(WireJson.decode(RegisterResponse.class, body));
    }
  }

  static Registration outcome(RegisterResponse answer) {
    if (answer.error() != null && !answer.error().isEmpty()) {
      return new Registration.Rejected(answer.error());
    }
    if (answer.nodeKeyExpired()) {
      return new Registration.KeyExpired();
    }
    if (answer.authUrl() != null && !answer.authUrl().isEmpty()) {
      return new Registration.NeedsLogin(answer.authUrl());
    }
    return new Registration.Registered(answer.user(), answer.login());
  }

  private @Nullable ControlConnection usableConnection() {
    @Nullable ControlConnection current = connection;
    return current != null && current.isUsable() ? current : null;
  }

  private ControlConnection connect() throws IOException {
    try {
      connecting.lockInterruptibly();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("connecting was interrupted");
    }
    try {
      @Nullable ControlConnection current = usableConnection();
      if (current != null) {
        return current;
      }
      requireOpen();
      Duration timeout = config.timings().connect();
      MachinePublicKey key = serverKey;
      if (key == null) {
        key = ControlConnection.fetchServerKey(config.serverUrl(), config.dialer(), timeout);
        serverKey = key;
      }
      try {
        current =
            ControlConnection.open(
                config.serverUrl(), config.dialer(), config.machineKey(), key, timeout);
      } catch (NoiseException | EOFException e) {
        // A server that was set up anew has another key.
        serverKey = null;
        throw e;
      }
      connection = current;
      if (isClosed()) {
        current.close();
      }
      requireOpen();
      return current;
    } finally {
      connecting.unlock();
    }
  }

  private void requireOpen() throws IOException {
    if (isClosed()) {
      throw new IOException("the control client is closed");
    }
  }

  private void dropConnection() {
    @Nullable ControlConnection current = connection;
    if (current != null) {
      dropConnection(current);
    }
  }

  private void dropConnection(ControlConnection dead) {
    if (Objects.equals(connection, dead)) {
      connection = null;
    }
    dead.close();
  }

  private static String sentence(Exception e) {
    @Nullable String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }

  private boolean isClosed() {
    return closed.getCount() == 0;
  }

  private boolean waitClosed(Duration time) {
    try {
      return closed.await(time.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  /** Ends polling and every request; does not log out. */
  @Override
  public void close() {
    closed.countDown();
    dropConnection();
    @Nullable Thread thread = poller;
    if (thread != null && thread != Thread.currentThread()) {
      thread.interrupt();
    }
  }

  @Override
  public String toString() {
    return "ControlClient[" + config.serverUrl() + "]";
  }
}
