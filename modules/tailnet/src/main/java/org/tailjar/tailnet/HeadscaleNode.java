package org.tailjar.tailnet;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.DiscoPrivateKey;
import org.tailjar.headscale.ControlClient;
import org.tailjar.headscale.ControlException;
import org.tailjar.headscale.ControlListener;
import org.tailjar.headscale.NetworkMap;
import org.tailjar.headscale.Node;
import org.tailjar.headscale.ServerUrl;
import org.tailjar.magicsock.LocalPaths;

/**
 * A node whose control server is Headscale: composes the state, the membership, the packet path and
 * the interface.
 *
 * <p>The parts are made and replaced under this object's lock, which is never held while waiting
 * for the network; what the status shows is read from volatile snapshots.
 */
final class HeadscaleNode implements TailnetNode, Membership.Observer {

  private static final Logger LOG = System.getLogger("org.tailjar.tailnet");
  private static final Duration LOGOUT_ON_CLOSE = Duration.ofMillis(2500);
  private static final Duration REPAIR_INTERVAL = Duration.ofSeconds(2);

  private final NodeConfig config;
  private final Supplier<PacketInterface> interfaces;
  private final String server;
  private final CompletableFuture<StartFailure> failure = new CompletableFuture<>();
  private final DiscoPrivateKey discoKey = DiscoPrivateKey.generate();
  private final Repairs repairs = new Repairs(this::repaired, REPAIR_INTERVAL);

  private @Nullable StateStore store;
  private @Nullable Outbound outbound;
  private @Nullable Thread membershipThread;
  private @Nullable MapKeeper mapKeeper;
  private String unusableMap = "";
  private volatile @Nullable Membership membership;
  private volatile @Nullable ControlClient client;
  private volatile @Nullable PacketInterface packetInterface;
  private volatile @Nullable PacketPath packetPath;

  private volatile NodeStatus.State state = NodeStatus.State.NO_STATE;
  private volatile Optional<URI> authUrl = Optional.empty();
  private volatile @Nullable NetworkMap map;
  private volatile @Nullable Instant mapTime;
  private volatile String serverConnection = "not connected";
  private volatile LocalPaths localPaths = LocalPaths.NONE;
  private volatile boolean damaged;
  private volatile boolean loggedOut;

  /** Grows with each packet path: one that is closed may still have something to tell. */
  private volatile int packetPaths;

  HeadscaleNode(NodeConfig config) {
    this(config, () -> PacketInterface.open(config));
  }

  HeadscaleNode(NodeConfig config, Supplier<PacketInterface> interfaces) {
    this.config = config;
    this.interfaces = interfaces;
    // In the one form that a URL has: a last slash does not make another server.
    server = ServerUrl.parse(config.serverUrl().toString()).toString();
  }

  @Override
  public synchronized void start() {
    if (state != NodeStatus.State.NO_STATE) {
      throw new IllegalStateException("a node is started once");
    }
    state = NodeStatus.State.STARTING;
    try {
      StateStore opened = StateStore.open(config.state());
      store = opened;
      NodeIdentity identity = StartIdentity.settle(opened, server, config.authKey());
      outbound = Outbound.open(config, discoKey);
      packetInterface = interfaces.get();
      mapKeeper = new MapKeeper(opened);
      openPacketPath(identity);
      applySavedMap(opened, identity);
      begin(opened, identity);
    } catch (RuntimeException e) {
      close();
      throw e;
    } catch (IOException e) {
      close();
      throw new StartException(new StartFailure.NoSocket(String.valueOf(e.getMessage())), e);
    }
  }

  private void openPacketPath(NodeIdentity identity) throws IOException {
    PacketInterface attached = required(packetInterface);
    int number = packetPaths + 1;
    packetPaths = number;
    packetPath =
        required(outbound)
            .packetPath(
                attached.device(),
                identity.nodeKey(),
                local -> localPathsChanged(number, local),
                this::packetPathFailed);
  }

  private void applySavedMap(StateStore opened, NodeIdentity identity) {
    if (!identity.registered()) {
      return;
    }
    try {
      Optional<StateStore.SavedMap> saved = opened.loadMap();
      if (saved.isPresent()) {
        apply(NetworkMap.fromJson(saved.get().json()), saved.get().savedAt());
        LOG.log(
            Level.INFO,
            "up by the network map of {0}, until the server is heard",
            saved.get().savedAt());
      }
    } catch (ControlException e) {
      LOG.log(
          Level.WARNING,
          "the saved network map cannot be read and is not used: {0}",
          e.getMessage());
    } catch (IOException | RuntimeException e) {
      LOG.log(
          Level.WARNING, "the saved network map cannot be put in force: {0}", String.valueOf(e));
    }
  }

  private void configure(PacketInterface attached, NetworkMap current) throws IOException {
    attached.configure(
        MapTranslation.prefixes(current.self().addresses()),
        MapTranslation.routes(current, config.acceptRoutes(), Instant.now()));
  }

  /** Puts back what others took from the interface; false once that is nobody's any more. */
  private synchronized boolean keepInterface() {
    NetworkMap current = map;
    PacketInterface attached = packetInterface;
    if (current != null && attached != null && !damaged && state != NodeStatus.State.STOPPED) {
      try {
        configure(attached, current);
      } catch (IOException | RuntimeException e) {
        LOG.log(Level.ERROR, "the interface cannot be configured: {0}", e.getMessage());
        repair();
      }
    }
    return state != NodeStatus.State.STOPPED;
  }

  private void begin(StateStore opened, NodeIdentity identity) {
    Membership begun =
        new Membership(
            server,
            config.authKey(),
            opened,
            identity,
            (who, listener) -> ControlLink.of(controlClient(who, listener)),
            this,
            map != null);
    membership = begun;
    membershipThread = Thread.ofVirtual().name("membership").start(begun::run);
    InterfaceWatch.start(this::keepInterface, InterfaceWatch.INTERVAL);
  }

  private ControlClient controlClient(NodeIdentity identity, ControlListener listener) {
    ControlClient made = required(outbound).controlClient(identity, listener);
    // In this order: what is learnt meanwhile is told by one of the two threads at least.
    client = made;
    tell(made, localPaths);
    return made;
  }

  @Override
  public CompletionStage<StartFailure> failed() {
    return failure.minimalCompletionStage();
  }

  // What the membership tells, on its thread.

  @Override
  public synchronized void newNodeKey(NodeIdentity identity) {
    if (state == NodeStatus.State.STOPPED) {
      return;
    }
    closePacketPath();
    try {
      openPacketPath(identity);
    } catch (IOException e) {
      packetPathFailed(e);
    }
  }

  @Override
  public synchronized void networkMap(NetworkMap received) {
    if (state == NodeStatus.State.STOPPED || loggedOut) {
      return;
    }
    Instant now = Instant.now();
    try {
      if (damaged) {
        // The repair puts it in force.
        running(received, now);
      } else {
        apply(received, now);
      }
    } catch (IOException e) {
      LOG.log(Level.ERROR, "the interface cannot be configured: {0}", e.getMessage());
      running(received, now);
      repair();
      return;
    } catch (RuntimeException e) {
      // The map before it stays in force, and the map stream goes on.
      LOG.log(Level.DEBUG, "network map", e);
      if (!unusableMap.equals(e.toString())) {
        unusableMap = e.toString();
        LOG.log(Level.ERROR, "a network map cannot be put in force: {0}", unusableMap);
      }
      return;
    }
    required(mapKeeper).keep(received);
  }

  private void apply(NetworkMap received, Instant time) throws IOException {
    putInForce(received);
    running(received, time);
  }

  private void running(NetworkMap received, Instant time) {
    map = received;
    mapTime = time;
    authUrl = Optional.empty();
    state = NodeStatus.State.RUNNING;
  }

  private void putInForce(NetworkMap received) throws IOException {
    PacketPath path = packetPath;
    if (path != null) {
      path.apply(received, Instant.now());
    }
    configure(required(packetInterface), received);
  }

  @Override
  public synchronized void needsLogin(Optional<URI> url) {
    if (state == NodeStatus.State.STOPPED) {
      return;
    }
    authUrl = url;
    state = NodeStatus.State.NEEDS_LOGIN;
    serverConnection = "connected; this node needs a login";
  }

  @Override
  public synchronized void registered() {
    authUrl = Optional.empty();
    if (state == NodeStatus.State.NEEDS_LOGIN) {
      state = NodeStatus.State.STARTING;
    }
  }

  @Override
  public void serverConnection(String line) {
    serverConnection = line;
  }

  @Override
  public synchronized void refused(StartFailure why) {
    if (state == NodeStatus.State.STOPPED) {
      return;
    }
    state = NodeStatus.State.NEEDS_LOGIN;
    failure.complete(why);
  }

  // What the packet path tells.

  private void localPathsChanged(int number, LocalPaths local) {
    if (number != packetPaths) {
      return;
    }
    localPaths = local;
    ControlClient known = client;
    if (known != null) {
      tell(known, local);
    }
  }

  private void tell(ControlClient told, LocalPaths local) {
    told.updateLocal(
        required(outbound).hostinfo(),
        local.endpoints().stream().map(MapTranslation::endpointText).toList(),
        local.endpoints().stream().map(MapTranslation::endpointType).toList(),
        MapTranslation.netInfo(local));
  }

  private void packetPathFailed(Throwable cause) {
    LOG.log(
        Level.ERROR, "the packet path has stopped and is made anew: {0}", String.valueOf(cause));
    LOG.log(Level.DEBUG, "packet path", cause);
    repair();
  }

  /**
   * Makes interface and packet path anew, for as long as it takes. The process, and so the
   * container, stays.
   */
  private void repair() {
    damaged = true;
    repairs.needed();
  }

  private synchronized boolean repaired() {
    Membership current = membership;
    if (state == NodeStatus.State.STOPPED || current == null) {
      return true;
    }
    if (loggedOut) {
      damaged = false;
      return true;
    }
    try {
      closePacketPath();
      PacketInterface broken = packetInterface;
      packetInterface = null;
      if (broken != null) {
        broken.close();
      }
      packetInterface = interfaces.get();
      damaged = false; // what fails from here on is a new damage
      openPacketPath(current.identity());
      NetworkMap last = map;
      if (last != null) {
        putInForce(last);
      }
      LOG.log(Level.INFO, "the packet path works again");
      return true;
    } catch (IOException | RuntimeException e) {
      damaged = true;
      LOG.log(Level.DEBUG, "repair", e);
      return false;
    }
  }

  private void closePacketPath() {
    PacketPath path = packetPath;
    packetPath = null;
    if (path != null) {
      path.close();
    }
  }

  @Override
  public NodeStatus status() {
    NetworkMap current = map;
    PacketPath path = packetPath;
    PacketInterface attached = packetInterface;
    Membership member = membership;
    Instant time = mapTime;
    Instant now = Instant.now();
    List<String> health = new ArrayList<>();
    if (damaged) {
      health.add("the packet path does not work and is being made anew");
    }
    if (serverConnection.startsWith("retrying")) {
      health.add("the server is not connected, " + serverConnection);
    }
    NodeStatus own =
        new NodeStatus(
            state,
            authUrl,
            member != null && member.identity().registered(),
            attached == null ? Optional.empty() : attached.systemName(),
            path == null ? 0 : path.udpPort(),
            Optional.empty(),
            List.of(),
            Map.of(),
            health,
            Optional.empty(),
            time == null ? Optional.empty() : Optional.of(Duration.between(time, now)),
            serverConnection,
            path == null
                ? TrafficStatistics.NONE
                : StatusReport.traffic(path.statistics(), path.losses()));
    return current == null ? own : StatusReport.withMap(own, current, localPaths, path, now);
  }

  @Override
  public boolean ready() {
    return state == NodeStatus.State.RUNNING && !damaged;
  }

  @Override
  public boolean live() {
    Thread thread = membershipThread;
    return thread != null && (thread.isAlive() || loggedOut) && !damaged;
  }

  @Override
  public PingResult ping(InetAddress address, Duration timeout) throws InterruptedException {
    NetworkMap current = map;
    PacketPath path = packetPath;
    if (current == null || path == null) {
      return new PingResult.NoSuchPeer(address);
    }
    if (StatusReport.addresses(current.self()).contains(address)) {
      return new PingResult.Local(address);
    }
    Optional<Node> peer =
        current.peers().stream()
            .filter(p -> StatusReport.addresses(p).contains(address))
            .findFirst();
    if (peer.isEmpty()) {
      return new PingResult.NoSuchPeer(address);
    }
    return path.ping(peer.get(), address, timeout);
  }

  @Override
  public void logout(Duration timeout) throws IOException, InterruptedException {
    Membership current = membership;
    if (current == null) {
      throw new IOException("the node is not started");
    }
    CompletableFuture<Void> done = new CompletableFuture<>();
    Thread.ofVirtual()
        .name("logout")
        .start(
            () -> {
              try {
                current.logout();
                done.complete(null);
              } catch (IOException | RuntimeException e) {
                done.completeExceptionally(e);
              }
            });
    try {
      done.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
    } catch (TimeoutException e) {
      throw new IOException(
          "the server did not confirm the logout within " + timeout.toMillis() + " ms", e);
    }
    forgetTailnet(current);
  }

  /**
   * After a logout nothing of the tailnet is left but the process, the interface and the machine
   * key.
   */
  private synchronized void forgetTailnet(Membership left) throws IOException {
    left.close();
    if (state == NodeStatus.State.STOPPED) {
      return;
    }
    loggedOut = true;
    required(mapKeeper).forget();
    required(store).forgetMap();
    state = NodeStatus.State.NEEDS_LOGIN;
    serverConnection = "logged out";
    map = null;
    mapTime = null;
    closePacketPath();
    PacketInterface attached = packetInterface;
    if (attached != null) {
      attached.configure(List.of(), List.of());
    }
    LOG.log(Level.INFO, "logged out; a restart joins again, with an auth key");
  }

  @Override
  public void close() {
    Membership member;
    boolean leaves;
    synchronized (this) {
      // A start under way is over here; one that comes later finds the node stopped.
      if (state == NodeStatus.State.STOPPED) {
        return;
      }
      member = membership;
      leaves =
          member != null && member.identity().registered() && config.logsOutOnClose() && !loggedOut;
      if (!leaves) {
        release(member);
        return;
      }
    }
    try {
      logout(LOGOUT_ON_CLOSE);
    } catch (IOException e) {
      LOG.log(Level.WARNING, "not logged out: {0}", e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    release(member);
  }

  private synchronized void release(@Nullable Membership member) {
    state = NodeStatus.State.STOPPED;
    if (member != null) {
      member.close();
    }
    closePacketPath();
    PacketInterface attached = packetInterface;
    packetInterface = null;
    if (attached != null) {
      attached.close();
    }
    if (mapKeeper != null) {
      mapKeeper.close();
      mapKeeper = null;
    }
    if (store != null) {
      store.close();
      store = null;
    }
  }

  private static <T> T required(@Nullable T part) {
    if (part == null) {
      throw new IllegalStateException("the node is not started, or closed");
    }
    return part;
  }
}
