package org.tailjar.tailnet;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.tailjar.dataplane.Drop;
import org.tailjar.dataplane.Statistics;
import org.tailjar.derp.DerpMap;
import org.tailjar.derp.DerpRegion;
import org.tailjar.headscale.DnsConfig;
import org.tailjar.headscale.NetworkMap;
import org.tailjar.headscale.Node;
import org.tailjar.magicsock.LocalEndpoint;
import org.tailjar.magicsock.LocalPaths;
import org.tailjar.magicsock.PathLosses;
import org.tailjar.magicsock.PeerPathStatus;
import org.tailjar.packet.IpPrefix;
import org.tailjar.wireguard.Peer;

/** Puts together what {@link TailnetNode#status()} says of nodes and traffic. */
final class StatusReport {

  /**
   * A peer that heard or said nothing for longer counts as inactive: WireGuard's Reject-After-Time.
   */
  private static final Duration ACTIVE = Duration.ofMinutes(3);

  private StatusReport() {}

  /** A status with what a network map adds to it. */
  static NodeStatus withMap(
      NodeStatus own, NetworkMap map, LocalPaths local, @Nullable PacketPath path, Instant now) {
    DerpMap relays = MapTranslation.relays(map.derpMap());
    List<String> health = new ArrayList<>(map.health());
    health.addAll(own.health());
    return new NodeStatus(
        own.state(),
        own.authUrl(),
        own.haveNodeKey(),
        own.interfaceName(),
        own.udpPort(),
        Optional.of(self(map, relays, local, path)),
        map.peers().stream().map(peer -> peer(map, relays, peer, path, now)).toList(),
        users(map),
        health,
        Optional.of(tailnet(map)),
        own.mapAge(),
        own.serverConnection(),
        own.dns(),
        own.traffic());
  }

  private static NodeStatus.Self self(
      NetworkMap map, DerpMap relays, LocalPaths local, @Nullable PacketPath path) {
    DerpRegion home = relays.region(local.homeRegion());
    return new NodeStatus.Self(
        machine(map.self(), true),
        home == null ? "" : home.code(),
        local.endpoints().stream().map(LocalEndpoint::address).toList(),
        path == null ? Optional.empty() : network(path.localPaths()));
  }

  static Optional<NetworkCheck> network(LocalPaths local) {
    return local
        .measured()
        .map(
            measured ->
                new NetworkCheck(
                    measured.at(),
                    measured.seen(),
                    local.ipv6Works(),
                    measured.ipv6Socket(),
                    local.mappingVaries(),
                    local.homeRegion(),
                    local.latencies()));
  }

  private static NodeStatus.Peer peer(
      NetworkMap map, DerpMap relays, Node node, @Nullable PacketPath path, Instant now) {
    Peer tunnel = path == null ? null : path.tunnel(node.key());
    Optional<PeerPathStatus> way = path == null ? Optional.empty() : path.way(node.key());
    DerpRegion home = relays.region(node.homeDerp());
    Instant lastHandshake = tunnel == null ? null : tunnel.lastHandshake();
    Optional<Duration> sinceSend = way.flatMap(PeerPathStatus::sinceLastSend);
    return new NodeStatus.Peer(
        machine(node, Boolean.TRUE.equals(node.online())),
        orEmpty(node.allowedIps()),
        orEmpty(node.primaryRoutes()),
        endpoints(node),
        way.filter(PeerPathStatus::trusted).flatMap(PeerPathStatus::direct),
        home == null ? "" : home.code(),
        tunnel == null ? 0 : tunnel.bytesReceived(),
        tunnel == null ? 0 : tunnel.bytesSent(),
        sinceSend.map(now::minus),
        Optional.ofNullable(node.lastSeen()),
        Optional.ofNullable(lastHandshake),
        sinceSend.filter(since -> since.compareTo(ACTIVE) < 0).isPresent()
            || lastHandshake != null && lastHandshake.plus(ACTIVE).isAfter(now),
        map.isExpired(node, now),
        orEmpty(node.allowedIps()).contains("0.0.0.0/0"));
  }

  static NodeStatus.Machine machine(Node node, boolean online) {
    return new NodeStatus.Machine(
        node.stableId() == null ? Long.toString(node.id()) : node.stableId(),
        node.id(),
        node.key().text(),
        node.hostinfo() == null || node.hostinfo().hostname() == null
            ? firstLabel(node.name())
            : node.hostinfo().hostname(),
        node.name(),
        node.hostinfo() == null || node.hostinfo().os() == null ? "" : node.hostinfo().os(),
        node.user(),
        addresses(node),
        orEmpty(node.tags()),
        online,
        Optional.ofNullable(node.created()),
        Optional.ofNullable(node.keyExpiry()));
  }

  static List<InetAddress> addresses(Node node) {
    return MapTranslation.prefixes(node.addresses()).stream().map(IpPrefix::address).toList();
  }

  private static List<InetSocketAddress> endpoints(Node node) {
    return MapTranslation.endpoints(node.endpoints());
  }

  private static NodeStatus.TailnetInfo tailnet(NetworkMap map) {
    String name = map.self().name();
    int dot = name.indexOf('.');
    String suffix = dot < 0 ? "" : name.substring(dot + 1);
    DnsConfig dns = map.dnsConfig();
    return new NodeStatus.TailnetInfo(
        map.domain() == null ? "" : map.domain(),
        suffix.endsWith(".") ? suffix.substring(0, suffix.length() - 1) : suffix,
        dns != null && dns.proxied());
  }

  private static Map<Long, NodeStatus.User> users(NetworkMap map) {
    Map<Long, NodeStatus.User> users = new TreeMap<>();
    map.userProfiles()
        .forEach(
            (id, profile) ->
                users.put(
                    id,
                    new NodeStatus.User(
                        id,
                        profile.loginName() == null ? "" : profile.loginName(),
                        profile.displayName() == null ? "" : profile.displayName())));
    return users;
  }

  static TrafficStatistics traffic(Statistics.Snapshot counted, PathLosses losses) {
    Map<String, Long> counters = new TreeMap<>();
    for (Map.Entry<Drop, Long> drop : counted.drops().entrySet()) {
      counters.put("dropped_" + drop.getKey().name().toLowerCase(Locale.ROOT), drop.getValue());
    }
    counters.put("udp_send_refused", losses.notSent());
    counters.put("relay_input_full", losses.relayInputFull());
    counters.put("udp_unknown", losses.unknown());
    return new TrafficStatistics(
        count(counted.tunReads()),
        count(counted.udpSends()),
        count(counted.udpReceives()),
        count(counted.tunWrites()),
        counted.bytesOut(),
        counted.bytesIn(),
        counters);
  }

  private static CallCount count(Statistics.Calls calls) {
    return new CallCount(calls.calls(), calls.packets());
  }

  private static String firstLabel(String name) {
    int dot = name.indexOf('.');
    return dot < 0 ? name : name.substring(0, dot);
  }

  private static <T> List<T> orEmpty(@Nullable List<T> list) {
    return list == null ? new ArrayList<>() : list;
  }
}
