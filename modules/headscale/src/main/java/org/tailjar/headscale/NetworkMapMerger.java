package org.tailjar.headscale;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * How one message changes a network map. Absent, null and zero mean "unchanged" unless said
 * otherwise; what a server names without knowing (a peer that is not there) is ignored.
 */
final class NetworkMapMerger {

  /** The part of the packet filter that the older, single field stands for. */
  private static final String BASE_FILTER = "base";

  /** In a map of changes: everything that was there before. */
  private static final String ALL = "*";

  private NetworkMapMerger() {}

  static NetworkMap merge(NetworkMap old, MapResponse message, Instant now) {
    return new NetworkMap(
        self(old.self(), message.node()),
        peers(old.peersById(), message, now),
        derpMap(old.derpMap(), message.derpMap()),
        message.dnsConfig() == null ? old.dnsConfig() : message.dnsConfig(),
        packetFilters(old.packetFilters(), message),
        userProfiles(old.userProfiles(), message.userProfiles()),
        isEmpty(message.domain()) ? old.domain() : message.domain(),
        message.health() == null ? old.health() : message.health(),
        clockAhead(old.clockAhead(), message.controlTime(), now));
  }

  /** A node without a key is not this one: such a map could not be read again either. */
  private static Node self(Node old, @Nullable Node node) {
    return node == null || node.key().isZero() ? old : NodeFixes.apply(node);
  }

  private static SortedMap<Long, Node> peers(
      SortedMap<Long, Node> old, MapResponse message, Instant now) {
    if (message.peers() != null && !message.peers().isEmpty()) {
      SortedMap<Long, Node> all = new TreeMap<>();
      for (Node peer : message.peers()) {
        put(all, peer);
      }
      return all;
    }
    if (!changesPeers(message)) {
      return old;
    }
    SortedMap<Long, Node> peers = new TreeMap<>(old);
    for (Long id : orEmpty(message.peersRemoved())) {
      peers.remove(id);
    }
    for (Node peer : orEmpty(message.peersChanged())) {
      put(peers, peer);
    }
    orEmpty(message.peerSeenChange())
        .forEach(
            (id, seen) ->
                change(peers, id, p -> NodeFixes.seen(p, Boolean.TRUE.equals(seen) ? now : null)));
    orEmpty(message.onlineChange())
        .forEach((id, online) -> change(peers, id, p -> NodeFixes.online(p, online)));
    for (PeerChange patch : orEmpty(message.peersChangedPatch())) {
      peers.computeIfPresent(patch.nodeId(), (id, peer) -> NodeFixes.patch(peer, patch));
    }
    return peers;
  }

  /** A peer without a key could be neither reached nor believed. */
  private static void put(SortedMap<Long, Node> peers, Node peer) {
    if (!peer.key().isZero()) {
      peers.put(peer.id(), NodeFixes.apply(peer));
    }
  }

  private static boolean changesPeers(MapResponse message) {
    return message.peersRemoved() != null
        || message.peersChanged() != null
        || message.peerSeenChange() != null
        || message.onlineChange() != null
        || message.peersChangedPatch() != null;
  }

  private static void change(SortedMap<Long, Node> peers, String id, UnaryOperator<Node> change) {
    try {
      peers.computeIfPresent(Long.valueOf(id), (key, peer) -> change.apply(peer));
    } catch (NumberFormatException e) {
      System.getLogger("org.tailjar.headscale")
          .log(System.Logger.Level.DEBUG, "a map message names the peer {0}", id);
    }
  }

  private static @Nullable DerpMapWire derpMap(
      @Nullable DerpMapWire old, @Nullable DerpMapWire message) {
    if (message == null) {
      return old;
    }
    @Nullable Map<String, DerpRegionWire> regions = message.regions();
    boolean omitDefaults = message.omitDefaultRegions();
    if (regions == null) {
      regions = old == null ? Map.of() : old.regions();
      omitDefaults = old == null ? omitDefaults : old.omitDefaultRegions();
    } else {
      regions = new LinkedHashMap<>(regions);
      // Headscale was seen to send a region without content.
      regions.values().removeIf(region -> region == null);
    }
    @Nullable DerpHomeParams home = message.homeParams();
    if (home == null || home.regionScore() == null) {
      home = old == null ? home : old.homeParams();
    }
    return new DerpMapWire(regions, home, omitDefaults);
  }

  private static SortedMap<String, List<FilterRuleWire>> packetFilters(
      SortedMap<String, List<FilterRuleWire>> old, MapResponse message) {
    if (message.packetFilter() == null && message.packetFilters() == null) {
      return old;
    }
    SortedMap<String, List<FilterRuleWire>> filters = new TreeMap<>(old);
    if (message.packetFilter() != null) {
      filters.put(BASE_FILTER, message.packetFilter());
    }
    Map<String, List<FilterRuleWire>> parts = orEmpty(message.packetFilters());
    if (parts.containsKey(ALL) && parts.get(ALL) == null) {
      filters.clear();
    }
    parts.forEach(
        (name, rules) -> {
          if (rules == null) {
            filters.remove(name);
          } else {
            filters.put(name, rules);
          }
        });
    return filters;
  }

  private static SortedMap<Long, UserProfile> userProfiles(
      SortedMap<Long, UserProfile> old, @Nullable List<UserProfile> changed) {
    if (changed == null || changed.isEmpty()) {
      return old;
    }
    SortedMap<Long, UserProfile> profiles = new TreeMap<>(old);
    changed.forEach(profile -> profiles.put(profile.id(), profile));
    return profiles;
  }

  private static Duration clockAhead(Duration old, @Nullable Instant server, Instant now) {
    if (server == null) {
      return old;
    }
    Duration ahead = Duration.between(server, now);
    if (ahead.abs().compareTo(NetworkMap.CLOCK_TOLERANCE) < 0) {
      return Duration.ZERO;
    }
    // Differences within the tolerance of the last one are no news.
    return ahead.minus(old).abs().compareTo(NetworkMap.CLOCK_TOLERANCE) < 0 ? old : ahead;
  }

  /** A full message that makes this map out of nothing. */
  static MapResponse asResponse(NetworkMap map) {
    Map<String, List<FilterRuleWire>> filters = new HashMap<>(map.packetFilters());
    return new MapResponse(
        false,
        null,
        null,
        map.self(),
        map.derpMap(),
        List.copyOf(map.peers()),
        null,
        null,
        null,
        null,
        null,
        map.dnsConfig(),
        map.domain(),
        null,
        filters,
        new ArrayList<>(map.userProfiles().values()),
        map.health(),
        null,
        null);
  }

  private static boolean isEmpty(@Nullable String text) {
    return text == null || text.isEmpty();
  }

  private static <T> List<T> orEmpty(@Nullable List<T> list) {
    return list == null ? List.of() : list;
  }

  private static <K, V> Map<K, V> orEmpty(@Nullable Map<K, V> map) {
    return map == null ? Map.of() : map;
  }
}
