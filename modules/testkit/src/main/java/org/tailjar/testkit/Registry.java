package org.tailjar.testkit;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.MachinePublicKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.headscale.DerpMapWire;
import org.tailjar.headscale.DnsConfig;
import org.tailjar.headscale.FilterRuleWire;
import org.tailjar.headscale.Hostinfo;
import org.tailjar.headscale.Login;
import org.tailjar.headscale.MapRequest;
import org.tailjar.headscale.MapResponse;
import org.tailjar.headscale.Node;
import org.tailjar.headscale.PeerChange;
import org.tailjar.headscale.RegisterRequest;
import org.tailjar.headscale.RegisterResponse;
import org.tailjar.headscale.User;

/**
 * The nodes of the tailnet, and what each is told: after the full map of a new stream, the same
 * small messages as Headscale 0.29 sends for the same events. Thread-safe.
 */
final class Registry implements AutoCloseable {

  private final ReentrantLock lock = new ReentrantLock();
  private final InstantSource clock = InstantSource.system();
  private final AuthKeys authKeys = new AuthKeys();
  private final SortedMap<Long, RegisteredNode> nodes = new TreeMap<>();
  private final Map<String, CompletableFuture<AuthKeyOptions>> pending = new HashMap<>();
  private final Map<Long, Integer> versions = new HashMap<>();
  private final DerpMapWire derpMap;
  private final String domain;
  private final Patience patience;
  private final ScheduledExecutorService timers =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofVirtual().name("testkit-timers").factory());
  private List<FilterRuleWire> filter = MapMessages.ALLOW_ALL;
  private DnsConfig dns;
  private long lastId;

  Registry(DerpMapWire derpMap, String domain, Patience patience) {
    this.derpMap = derpMap;
    this.domain = domain;
    this.patience = patience;
    this.dns = MapMessages.magicDns(domain);
  }

  /** Ends all streams. */
  @Override
  public void close() {
    timers.shutdownNow();
    locked(
        () -> {
          nodes.values().forEach(Registry::endStream);
          return lastId;
        });
  }

  String issueAuthKey(AuthKeyOptions options) {
    return locked(() -> authKeys.issue(options));
  }

  List<Node> nodes() {
    return locked(() -> nodes.values().stream().map(n -> n.toViewer(0, clock.instant())).toList());
  }

  boolean knows(NodePublicKey key) {
    return locked(() -> nodes.values().stream().anyMatch(n -> n.nodeKey.equals(key)));
  }

  /** Replaces what nodes let in. */
  void filter(List<FilterRuleWire> rules) {
    locked(
        () -> {
          filter = List.copyOf(rules);
          broadcast(null, viewer -> MapMessages.filter(filter, dns, clock.instant()));
          return filter;
        });
  }

  /** Replaces the DNS settings of all nodes. */
  void dns(DnsConfig settings) {
    locked(
        () -> {
          dns = settings;
          broadcast(null, viewer -> MapMessages.dns(dns, clock.instant()));
          return dns;
        });
  }

  /** Ends the authority of a node's key. */
  void expire(long id) {
    locked(
        () -> {
          RegisteredNode node = nodes.get(id);
          if (node != null) {
            expire(node);
          }
          return id;
        });
  }

  void remove(long id) {
    locked(
        () -> {
          RegisteredNode node = nodes.remove(id);
          if (node != null) {
            endStream(node);
            broadcast(node, viewer -> MapMessages.removed(id, filter, dns, clock.instant()));
          }
          return id;
        });
  }

  /** Opens a login that a person has to approve, and names it. */
  String openLogin() {
    return locked(
        () -> {
          String id = "hskey-authreq-" + Integer.toHexString(pending.size() + 1);
          pending.put(id, new CompletableFuture<>());
          return id;
        });
  }

  /** The login of that name; empty when there is none. */
  Optional<CompletableFuture<AuthKeyOptions>> login(String id) {
    return locked(() -> Optional.ofNullable(pending.get(id)));
  }

  /**
   * What a registration comes to.
   *
   * @param approved what a person granted; null when nobody was asked
   * @return empty when a person has to approve
   */
  Optional<RegisterResponse> register(
      MachinePublicKey machine, RegisterRequest request, @Nullable AuthKeyOptions approved) {
    return locked(() -> doRegister(machine, request, approved));
  }

  private Optional<RegisterResponse> doRegister(
      MachinePublicKey machine, RegisterRequest request, @Nullable AuthKeyOptions approved) {
    Instant now = clock.instant();
    RegisteredNode known = find(machine, request.nodeKey());
    Instant wanted = request.expiry();
    if (wanted != null && wanted.isBefore(now)) {
      return Optional.of(known == null ? refused("node not found") : logout(known));
    }
    String authKey = request.auth() == null ? null : request.auth().authKey();
    if (known != null && !known.isExpired(now)) {
      if (known.update(request.hostinfo(), null, null) != RegisteredNode.Change.NONE) {
        tellAll(known);
      }
      return Optional.of(answer(known));
    }
    if (approved == null && (authKey == null || authKey.isEmpty())) {
      return known == null ? Optional.empty() : Optional.of(answer(known));
    }
    Hostinfo hostinfo = request.hostinfo();
    if (hostinfo == null) {
      hostinfo = Hostinfo.of("");
    }
    AuthKeyOptions options = approved;
    if (options == null) {
      String fault = authKeys.fault(Objects.requireNonNull(authKey), now);
      if (fault != null) {
        return Optional.of(refused(fault));
      }
      if (hostinfo.requestTags() != null && !hostinfo.requestTags().isEmpty()) {
        return Optional.of(refused("requested tags are invalid or not permitted"));
      }
      options = authKeys.use(authKey);
    }
    return Optional.of(answer(admit(machine, request, hostinfo, options)));
  }

  private RegisteredNode admit(
      MachinePublicKey machine,
      RegisterRequest request,
      Hostinfo hostinfo,
      AuthKeyOptions options) {
    // A machine that comes back with a new node key stays the same node.
    RegisteredNode node =
        nodes.values().stream().filter(n -> n.machineKey.equals(machine)).findFirst().orElse(null);
    if (node == null) {
      long id = ++lastId;
      node =
          new RegisteredNode(
              id,
              machine,
              request.nodeKey(),
              hostinfo,
              freeName(hostinfo.hostname()),
              options,
              domain,
              clock.instant());
      node.expiry = request.expiry();
      nodes.put(id, node);
      tellAll(node);
    } else {
      node.update(hostinfo, null, null);
      node.nodeKey = request.nodeKey();
      node.expiry = request.expiry();
      patch(node, MapMessages.keyRotated(node));
    }
    return node;
  }

  private String freeName(@Nullable String hostname) {
    String wanted = hostname == null ? "" : hostname.toLowerCase(Locale.ROOT);
    wanted = wanted.replaceAll("[^a-z0-9-]", "");
    String base = wanted.isEmpty() ? "node" : wanted;
    List<String> taken = nodes.values().stream().map(n -> n.name).toList();
    String name = base;
    for (int i = 1; taken.contains(name); i++) {
      name = base + "-" + i;
    }
    return name;
  }

  private RegisterResponse logout(RegisteredNode node) {
    if (node.ephemeral) {
      remove(node.id);
    } else {
      expire(node);
    }
    return new RegisterResponse(null, null, true, false, "", "");
  }

  private void expire(RegisteredNode node) {
    node.expiry = clock.instant();
    patch(node, MapMessages.keyExpiry(node));
  }

  private RegisterResponse answer(RegisteredNode node) {
    boolean expired = node.isExpired(clock.instant());
    return new RegisterResponse(
        new User(RegisteredNode.USER, "Test", null, null),
        new Login(RegisteredNode.USER, "test", "test", "Test", null),
        expired,
        !expired,
        "",
        "");
  }

  private static RegisterResponse refused(String error) {
    return new RegisterResponse(null, null, false, false, "", error);
  }

  /** Takes what a node says of itself; false when the node is unknown. */
  boolean update(MachinePublicKey machine, MapRequest request) {
    return locked(
        () -> {
          RegisteredNode node = find(machine, request.nodeKey());
          if (node == null) {
            return false;
          }
          apply(node, request);
          return true;
        });
  }

  /** Begins a map stream, which takes the place of an older one; empty when the node is unknown. */
  Optional<MapStream> open(MachinePublicKey machine, MapRequest request) {
    return locked(
        () -> {
          RegisteredNode node = find(machine, request.nodeKey());
          if (node == null) {
            return Optional.empty();
          }
          endStream(node);
          MapStream stream = new MapStream();
          node.stream = stream;
          node.session++;
          versions.put(node.id, request.version());
          apply(node, request);
          if (!node.online) {
            node.online = true;
            Instant now = clock.instant();
            broadcast(node, viewer -> MapMessages.patched(MapMessages.online(node), now));
          }
          stream.begin(full(node, request.version()));
          return Optional.of(stream);
        });
  }

  private MapResponse full(RegisteredNode node, int version) {
    Instant now = clock.instant();
    List<Node> peers =
        nodes.values().stream().filter(p -> p != node).map(p -> p.toViewer(version, now)).toList();
    return MapMessages.full(node.toItself(version, now), peers, derpMap, filter, dns, domain, now);
  }

  /**
   * Ends a map stream: the node is offline after a while, unless it has opened another; an
   * ephemeral one is deleted after another while.
   */
  void close(MapStream stream) {
    locked(
        () -> {
          stream.close();
          for (RegisteredNode node : nodes.values()) {
            if (node.stream == stream) {
              node.stream = null;
              after(patience.offlineGrace(), node, () -> offline(node));
            }
          }
          return stream;
        });
  }

  private void offline(RegisteredNode node) {
    node.online = false;
    node.lastSeen = clock.instant();
    broadcast(node, viewer -> MapMessages.patched(MapMessages.online(node), node.lastSeen));
    if (node.ephemeral) {
      after(patience.ephemeralTimeout(), node, () -> remove(node.id));
    }
  }

  /** Does something later, unless the node has opened another stream by then. */
  private void after(Duration delay, RegisteredNode node, Runnable action) {
    if (timers.isShutdown()) {
      return;
    }
    long session = node.session;
    timers.schedule(
        () ->
            locked(
                () -> {
                  if (nodes.get(node.id) == node && node.session == session) {
                    action.run();
                  }
                  return session;
                }),
        delay.toNanos(),
        TimeUnit.NANOSECONDS);
  }

  private static void endStream(RegisteredNode node) {
    if (node.stream != null) {
      node.stream.close();
    }
  }

  private void apply(RegisteredNode node, MapRequest request) {
    switch (node.update(request.hostinfo(), request.discoKey(), request.endpoints())) {
      case ENDPOINTS -> patch(node, MapMessages.endpoints(node));
      case NONE, MORE -> tellAll(node);
    }
  }

  /** Tells the others the whole of a node, and itself too. */
  private void tellAll(RegisteredNode node) {
    Instant now = clock.instant();
    broadcast(node, viewer -> MapMessages.changed(node.toViewer(version(viewer), now), now));
    tellItself(node, now);
  }

  /** Tells the others what changed, and the node the whole of itself. */
  private void patch(RegisteredNode node, PeerChange change) {
    Instant now = clock.instant();
    broadcast(node, viewer -> MapMessages.patched(change, now));
    tellItself(node, now);
  }

  private void tellItself(RegisteredNode node, Instant now) {
    if (node.stream != null) {
      node.stream.add(MapMessages.self(node.toItself(version(node), now), now));
    }
  }

  private void broadcast(
      @Nullable RegisteredNode about, Function<RegisteredNode, MapResponse> message) {
    for (RegisteredNode viewer : nodes.values()) {
      if (viewer != about && viewer.stream != null) {
        viewer.stream.add(message.apply(viewer));
      }
    }
  }

  private int version(RegisteredNode viewer) {
    return versions.getOrDefault(viewer.id, 0);
  }

  private @Nullable RegisteredNode find(MachinePublicKey machine, NodePublicKey key) {
    return nodes.values().stream()
        .filter(n -> n.nodeKey.equals(key) && n.machineKey.equals(machine))
        .findFirst()
        .orElse(null);
  }

  @FunctionalInterface
  private interface Action<T> {
    T run();
  }

  private <T> T locked(Action<T> action) {
    lock.lock();
    try {
      return action.run();
    } finally {
      lock.unlock();
    }
  }
}
