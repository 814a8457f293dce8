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
import org.tailjar.headscale.ControlListener;
import org.tailjar.headscale.DerpMapWire;
import org.tailjar.headscale.NetworkMap;
import org.tailjar.headscale.Node;
import org.tailjar.headscale.ServerUrl;
import org.tailjar.linux.SystemCalls;
import org.tailjar.magicsock.LocalPaths;

/**
 * A node whose control server is Headscale: composes the state, the membership and the attachment
 * to the network.
 *
 * <p>The parts are made and replaced under this object's lock, which is never held while waiting
 * for the network; what the status shows is read from volatile snapshots.
 */
final class HeadscaleNode implements TailnetNode, Membership.Observer, Attachment.Observer {

  private static final Logger LOG = System.getLogger("org.tailjar.tailnet");
  private static final Duration LOGOUT_ON_CLOSE = Duration.ofMillis(2500);

  /** Of the 4 s of the contract, with some to spare. */
  private static final Duration LONGEST_CLOSE = Duration.ofMillis(3800);

  private final NodeConfig config;
  private final Supplier<PacketInterface> interfaces;
  private final ServerUrl serverUrl;
  private final String server;
  private final CompletableFuture<StartFailure> failure = new CompletableFuture<>();
  private final DiscoPrivateKey discoKey = DiscoPrivateKey.generate();

  private @Nullable StateStore store;
  private @Nullable Outbound outbound;
  private @Nullable Thread membershipThread;
  private @Nullable MapKeeper mapKeeper;
  private String unusableMap = "";
  private volatile @Nullable Membership membership;
  private volatile @Nullable ControlClient client;
  private volatile @Nullable Attachment attachment;
  private volatile @Nullable SystemDns dns;

  private volatile NodeStatus.State state = NodeStatus.State.NO_STATE;
  private volatile Optional<URI> authUrl = Optional.empty();
  private volatile @Nullable NetworkMap map;
  private volatile @Nullable Instant mapTime;
  private volatile String serverConnection = "not connected";
  private volatile boolean loggedOut;

  HeadscaleNode(NodeConfig config) {
    this(config, () -> PacketInterface.open(config));
  }

  HeadscaleNode(NodeConfig config, Supplier<PacketInterface> interfaces) {
    this.config = config;
    this.interfaces = interfaces;
    // In the one form that a URL has: a last slash does not make another server.
    serverUrl = ServerUrl.parse(config.serverUrl().toString());
    server = serverUrl.toString();
  }

  @Override
  public synchronized void start() {
    if (state != NodeStatus.State.NO_STATE) {
      throw new IllegalStateException("a node is started once");
    }
    state = NodeStatus.State.STARTING;
    // While state and map are read. Should it fail, the first call says so.
    CompletableFuture.runAsync(SystemCalls::load, Thread.ofVirtual().name("system calls")::start);
    try {
      StateStore opened = StateStore.open(config.state());
      store = opened;
      NodeIdentity identity = StartIdentity.settle(opened, server, config.authKey());
      Optional<MapKeeper.Kept> kept = MapKeeper.load(opened, identity);
      Outbound made =
          Outbound.open(config, serverUrl, discoKey, kept.flatMap(MapKeeper.Kept::formerDiscoKey));
      outbound = made;
      mapKeeper = new MapKeeper(opened, discoKey);
      SystemDns names = SystemDns.open(config); // before the first name is looked up
      dns = names;
      Attachment attaching =
          new Attachment(
              config.interfaceName(),
              interfaces,
              made::packetPath,
              config.acceptRoutes(),
              names,
              this);
      attachment = attaching;
      attaching.open(identity.nodeKey());
      kept.ifPresent(this::applySavedMap);
      begin(opened, identity);
    } catch (RuntimeException e) {
      release(Deadline.in(LONGEST_CLOSE));
      throw e;
    } catch (IOException e) {
      release(Deadline.in(LONGEST_CLOSE));
      throw new StartException(new StartFailure.NoSocket(String.valueOf(e.getMessage())), e);
    }
  }

  private void applySavedMap(MapKeeper.Kept kept) {
    try {
      apply(kept.map(), kept.savedAt());
      LOG.log(
          Level.INFO, "up by the network map of {0}, until the server is heard", kept.savedAt());
    } catch (RuntimeException e) {
      LOG.log(
          Level.WARNING, "the saved network map cannot be put in force: {0}", String.valueOf(e));
    }
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
  }

  private ControlClient controlClient(NodeIdentity identity, ControlListener listener) {
    ControlClient made = required(outbound).controlClient(identity, listener);
    // In this order: what is learnt meanwhile is told by one of the two threads at least.
    client = made;
    tell(made, required(attachment).localPaths());
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
    required(attachment).rekey(identity.nodeKey());
  }

  @Override
  public synchronized void networkMap(NetworkMap received) {
    if (state == NodeStatus.State.STOPPED || loggedOut) {
      return;
    }
    try {
      apply(received, Instant.now());
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

  private void apply(NetworkMap received, Instant time) {
    required(attachment).apply(received);
    map = received;
    mapTime = time;
    authUrl = Optional.empty();
    state = NodeStatus.State.RUNNING;
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

  // What the attachment tells.

  @Override
  public void networkChanged() {
    ControlClient known = client;
    if (known != null) {
      known.networkChanged();
    }
  }

  @Override
  public void localPaths(LocalPaths local) {
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

  @Override
  public NodeStatus status() {
    NetworkMap current = map;
    Attachment attached = attachment;
    PacketPath path = attached == null ? null : attached.path();
    Membership member = membership;
    Instant time = mapTime;
    Instant now = Instant.now();
    List<String> health = new ArrayList<>();
    if (attached != null && !attached.works()) {
      health.add("the packet path does not work and is being made anew");
    }
    SystemDns names = dns;
    if (names != null) {
      names.complaint().ifPresent(health::add);
    }
    if (serverConnection.startsWith("retrying")) {
      health.add("the server is not connected, " + serverConnection);
    }
    NodeStatus own =
        new NodeStatus(
            state,
            authUrl,
            member != null && member.identity().registered(),
            attached == null ? Optional.empty() : attached.interfaceName(),
            path == null ? 0 : path.udpPort(),
            Optional.empty(),
            List.of(),
            Map.of(),
            health,
            Optional.empty(),
            time == null ? Optional.empty() : Optional.of(Duration.between(time, now)),
            serverConnection,
            names == null ? "off: not started" : names.status(),
            path == null
                ? TrafficStatistics.NONE
                : StatusReport.traffic(path.statistics(), path.losses()));
    return current == null || attached == null
        ? own
        : StatusReport.withMap(own, current, attached.localPaths(), path, now);
  }

  @Override
  public Optional<DerpMapWire> relays() {
    return Optional.ofNullable(map).map(NetworkMap::derpMap);
  }

  @Override
  public boolean ready() {
    return state == NodeStatus.State.RUNNING && attachmentWorks();
  }

  @Override
  public boolean live() {
    Thread thread = membershipThread;
    return thread != null && (thread.isAlive() || loggedOut) && attachmentWorks();
  }

  private boolean attachmentWorks() {
    Attachment attached = attachment;
    return attached != null && attached.works();
  }

  @Override
  public PingResult ping(InetAddress address, Duration timeout) throws InterruptedException {
    NetworkMap current = map;
    Attachment attached = attachment;
    PacketPath path = attached == null ? null : attached.path();
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
    required(attachment).leave();
    LOG.log(Level.INFO, "logged out; a restart joins again, with an auth key");
  }

  /** On a thread of its own: however long a part may take, the caller goes on in time. */
  @Override
  public void close() {
    Deadline deadline = Deadline.in(LONGEST_CLOSE);
    Thread closing = Thread.ofVirtual().name("close").start(() -> close(deadline));
    if (!deadline.join(closing)) {
      LOG.log(Level.WARNING, "not all of the node has stopped in time");
    }
  }

  private void close(Deadline deadline) {
    synchronized (this) {
      // A start under way is over here; one that comes later finds the node stopped.
      if (state == NodeStatus.State.STOPPED) {
        return;
      }
      Membership member = membership;
      if (member == null
          || !member.identity().registered()
          || !config.logsOutOnClose()
          || loggedOut) {
        release(deadline);
        return;
      }
    }
    try {
      logout(deadline.atMost(LOGOUT_ON_CLOSE));
    } catch (IOException e) {
      LOG.log(Level.WARNING, "not logged out: {0}", e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    release(deadline);
  }

  private synchronized void release(Deadline deadline) {
    state = NodeStatus.State.STOPPED;
    Membership member = membership;
    if (member != null) {
      member.close();
    }
    Attachment attached = attachment;
    if (attached != null) {
      attached.close(deadline);
    }
    if (mapKeeper != null) {
      mapKeeper.close(deadline);
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
