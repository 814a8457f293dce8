package org.tailjar.magicsock;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.tailjar.derp.DerpMap;
import org.tailjar.derp.DerpRegion;
import org.tailjar.derp.Relays;

/**
 * Finds out where this node can be reached: STUN by the sockets that packets use, the addresses of
 * the interfaces, and the home region. What waits (names, interfaces, TCP) runs on virtual threads
 * and comes back by the inbox; all else belongs to the first RX thread. Times as in {@link Times}.
 */
final class SelfDiscovery {

  private static final Logger LOG = System.getLogger(Magicsock.LOGGER);
  private static final Duration TCP_TIMEOUT = Duration.ofSeconds(3);

  /** How many of the fastest regions a light netcheck asks, beside the home region. */
  private static final int LIGHT_REGIONS = 3;

  private final Netcheck netcheck;
  private final HomeChoice homeChoice = new HomeChoice();
  private final RandomGenerator random;
  private final Relays relays;
  private final UdpSockets sockets;
  private final String tunnelInterface;
  private final Inbox inbox;
  private final Consumer<LocalPaths> changed;
  private final Map<InetSocketAddress, Long> stunSeen = new LinkedHashMap<>();

  private DerpMap map = DerpMap.EMPTY;
  private List<InetAddress> interfaceAddresses = List.of();
  private Map<Integer, Duration> latencies = Map.of();
  private boolean gathering;
  private boolean asks;
  private boolean again;
  private long freshAt = Times.NEVER;
  private long lastFull = Times.NEVER;
  private long nextLight = Times.NONE;
  private volatile LocalPaths local = LocalPaths.NONE;

  /**
   * Nothing known yet.
   *
   * @param sender sends a STUN request
   * @param changed takes every change, on the first RX thread
   */
  SelfDiscovery(
      RandomGenerator random,
      Relays relays,
      UdpSockets sockets,
      String tunnelInterface,
      BiConsumer<InetSocketAddress, TransactionId> sender,
      Inbox inbox,
      Consumer<LocalPaths> changed) {
    this.random = random;
    this.relays = relays;
    this.sockets = sockets;
    this.tunnelInterface = tunnelInterface;
    this.inbox = inbox;
    this.changed = changed;
    netcheck = new Netcheck(random, sender);
  }

  /** What is known now; any thread. */
  LocalPaths local() {
    return local;
  }

  /** Whether the endpoints are recent enough to be told to a peer. */
  boolean isFresh(long now) {
    return now - freshAt < Times.ENDPOINTS_FRESH;
  }

  /** Swaps the relays in. */
  void map(DerpMap newMap, long now) {
    if (newMap.equals(map)) {
      return;
    }
    map = newMap;
    // With one region, or one that is still there, nobody need wait for a measurement.
    if (homeChoice.home() != 0 || map.regions().size() == 1) {
      home(homeChoice.choose(map, Map.of(), now));
    }
    start(now);
  }

  /** Begins to find out anew, in full if it is time for that. */
  void start(long now) {
    if (gathering || netcheck.running()) {
      again = true;
      return;
    }
    gathering = true;
    boolean full = now - lastFull >= Times.FULL_NETCHECK || latencies.isEmpty();
    if (full) {
      lastFull = now;
    }
    nextLight = now + random.nextLong(Times.RESTUN_MIN, Times.RESTUN_MAX);
    List<DerpRegion> regions = regions(full);
    asks = !regions.isEmpty();
    boolean withIpv6 = sockets.hasIpv6();
    boolean withIpv4 = sockets.hasIpv4();
    Thread.ofVirtual()
        .name("netcheck")
        .start(
            () -> {
              List<InetAddress> addresses = LocalEndpoints.addresses(tunnelInterface);
              List<StunTarget> targets = StunTargets.resolve(regions, withIpv4, withIpv6);
              inbox.post(() -> gathered(addresses, targets));
            });
  }

  /** Starts from nothing: the network under this node has changed. */
  void networkChanged(long now) {
    stunSeen.clear();
    freshAt = Times.NEVER;
    lastFull = Times.NEVER;
    start(now);
  }

  /** Takes a STUN answer. */
  void answer(Stun.Response response, long now) {
    netcheck.answer(response, now);
    finish(now);
  }

  /**
   * Does what is due.
   *
   * @param anyActive whether a peer is being sent to
   * @return when to call again
   */
  long advance(long now, boolean anyActive) {
    long next = netcheck.advance(now);
    finish(now);
    if (gathering || netcheck.running()) {
      return netcheck.running() ? next : Times.NONE;
    }
    long due =
        Math.min(
            anyActive ? nextLight : Times.NONE,
            lastFull == Times.NEVER ? Times.NONE : lastFull + Times.FULL_NETCHECK);
    if (now >= due) {
      start(now);
      return Times.NONE;
    }
    return due;
  }

  private List<DerpRegion> regions(boolean full) {
    List<DerpRegion> measured =
        map.regions().values().stream().filter(region -> !region.noMeasureNoHome()).toList();
    if (full || measured.size() <= LIGHT_REGIONS) {
      return measured;
    }
    List<Integer> fastest =
        latencies.entrySet().stream()
            .sorted(Map.Entry.comparingByValue())
            .limit(LIGHT_REGIONS)
            .map(Map.Entry::getKey)
            .toList();
    return measured.stream()
        .filter(region -> fastest.contains(region.id()) || region.id() == homeChoice.home())
        .toList();
  }

  private void gathered(List<InetAddress> addresses, List<StunTarget> targets) {
    gathering = false;
    interfaceAddresses = addresses;
    long now = Magicsock.clock();
    netcheck.start(targets, now);
    // What the interfaces say need not wait for STUN.
    publish();
    finish(now);
  }

  private void finish(long now) {
    StunReport report = netcheck.takeReport();
    if (report == null) {
      return;
    }
    freshAt = now;
    report.mapped().forEach(address -> stunSeen.put(address, now));
    stunSeen.values().removeIf(seen -> now - seen > Times.ENDPOINT_KEPT);
    if (report.udpWorks()) {
      chosen(report, report.latencies(), now);
    } else if (homeChoice.home() == 0 && map.regions().size() > 1) {
      measureByTcp(report);
    } else {
      chosen(report, Map.of(), now);
    }
    if (again) {
      again = false;
      start(now);
    }
  }

  /** UDP is blocked: the region that a connection is made to fastest is home. */
  private void measureByTcp(StunReport report) {
    List<DerpRegion> regions = regions(true);
    Thread.ofVirtual()
        .name("netcheck-tcp")
        .start(
            () -> {
              Map<Integer, Duration> found = new ConcurrentHashMap<>();
              List<Thread> threads = new ArrayList<>();
              for (DerpRegion region : regions) {
                threads.add(
                    Thread.ofVirtual()
                        .start(
                            () ->
                                relays
                                    .measure(region, TCP_TIMEOUT)
                                    .ifPresent(took -> found.put(region.id(), took))));
              }
              try {
                for (Thread thread : threads) {
                  thread.join();
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              inbox.post(() -> chosen(report, found, Magicsock.clock()));
            });
  }

  private void chosen(StunReport report, Map<Integer, Duration> measured, long now) {
    if (!measured.isEmpty()) {
      Map<Integer, Duration> merged = new HashMap<>(latencies);
      merged.putAll(measured);
      merged.keySet().retainAll(map.regions().keySet());
      latencies = merged;
    }
    home(homeChoice.choose(map, measured, now));
    LocalPaths next =
        new LocalPaths(
            endpoints(report.mappingVaries()),
            homeChoice.home(),
            latencies,
            report.udpWorks(),
            report.ipv6Works(),
            report.mappingVaries(),
            // Silence of nobody says nothing of the network.
            asks
                ? Optional.of(
                    new LocalPaths.Measured(Instant.now(), report.mapped(), sockets.hasIpv6()))
                : local.measured());
    replace(next);
  }

  private void home(int regionId) {
    relays.home(regionId);
    LocalPaths known = local;
    if (known.homeRegion() != regionId) {
      DerpRegion region = map.region(regionId);
      LOG.log(Level.INFO, "home relay: {0}", region == null ? "none" : region.code());
      replace(known.withHome(regionId));
    }
  }

  private void publish() {
    LocalPaths known = local;
    replace(known.withEndpoints(endpoints(known.mappingVaries())));
  }

  private void replace(LocalPaths next) {
    LocalPaths before = local;
    local = next;
    if (next.differsFrom(before)) {
      LOG.log(Level.DEBUG, "local paths: {0}", next);
      changed.accept(next);
    }
  }

  private List<LocalEndpoint> endpoints(Optional<Boolean> mappingVaries) {
    Map<InetSocketAddress, LocalEndpoint.Kind> found = new LinkedHashMap<>();
    stunSeen.keySet().forEach(address -> found.put(address, LocalEndpoint.Kind.STUN));
    if (mappingVaries.orElse(false)) {
      stunSeen.keySet().stream()
          .filter(address -> address.getAddress() instanceof Inet4Address)
          .findFirst()
          .ifPresent(
              address ->
                  found.putIfAbsent(
                      new InetSocketAddress(address.getAddress(), sockets.port()),
                      LocalEndpoint.Kind.STUN_LOCAL_PORT));
    }
    for (InetAddress address : interfaceAddresses) {
      boolean usable = address instanceof Inet4Address ? sockets.hasIpv4() : sockets.hasIpv6();
      if (usable) {
        found.putIfAbsent(new InetSocketAddress(address, sockets.port()), LocalEndpoint.Kind.LOCAL);
      }
    }
    List<LocalEndpoint> endpoints = new ArrayList<>();
    found.forEach((address, kind) -> endpoints.add(new LocalEndpoint(address, kind)));
    return endpoints;
  }
}
