package org.tailjar.headscale;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
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

  private final ControlConfig config;
  private final ControlListener listener;
  private final RandomGenerator random;
  private final Closing closing = new Closing();
  private final SharedConnection connection;
  private final LocalUpdates updates;
  private final MapStream stream;
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
    this.connection = new SharedConnection(config, closing);
    this.updates = new LocalUpdates(config, random);
    this.stream = new MapStream(config, listener, updates, clock, closing);
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
          stream.follow(connection.connect(), nodeKey, sender);
          throw new IOException("the server ended the map stream");
        } catch (IOException | RuntimeException e) {
          sender.disconnected();
          connection.drop();
          if (isClosed() || Thread.currentThread().isInterrupted()) {
            return;
          }
          if (e instanceof RuntimeException) {
            // A fault of this program, the listener's included, must not strand the node.
            LOG.log(System.Logger.Level.ERROR, "the map stream failed; it is tried again", e);
          }
          if (e instanceof MapStream.KeyRefusedException || sender.isRefused()) {
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
        if (closing.pause(pause)) {
          return;
        }
      }
    } finally {
      synchronized (this) {
        poller = null;
      }
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
    Optional<ControlConnection> reused = connection.usable();
    if (reused.isPresent()) {
      try {
        return register(reused.get(), request, timeout);
      } catch (ControlException e) {
        throw e;
      } catch (IOException e) {
        // The server may have closed an idle connection; a registration may be repeated.
        LOG.log(System.Logger.Level.DEBUG, "register on an old connection", e);
        if (isClosed() || Thread.currentThread().isInterrupted()) {
          throw e;
        }
        connection.drop(reused.get());
      }
    }
    return register(connection.connect(), request, timeout);
  }

  private Registration register(ControlConnection on, byte[] request, Duration timeout)
      throws IOException {
    try (Http2Response response = on.post("/machine/register", request, timeout)) {
      if (response.status() != 200) {
        throw ControlConnection.refused("the registration", response, config.timings().request());
      }
      response.readTimeout(config.timings().request());
      byte[] body = response.body().readNBytes(1 << 20);
      return WireJson.decode(RegisterResponse.class, body).outcome();
    }
  }

  private static String sentence(Exception e) {
    @Nullable String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }

  private boolean isClosed() {
    return closing.isClosed();
  }

  /** Ends polling and every request; does not log out. */
  @Override
  public void close() {
    closing.close();
    connection.drop();
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
