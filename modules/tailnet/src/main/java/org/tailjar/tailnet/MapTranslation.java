package org.tailjar.tailnet;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.DiscoPublicKey;
import org.tailjar.derp.DerpMap;
import org.tailjar.derp.DerpNode;
import org.tailjar.derp.DerpRegion;
import org.tailjar.filter.FilterRule;
import org.tailjar.headscale.DerpMapWire;
import org.tailjar.headscale.DerpNodeWire;
import org.tailjar.headscale.DerpRegionWire;
import org.tailjar.headscale.EndpointType;
import org.tailjar.headscale.FilterRuleWire;
import org.tailjar.headscale.NetInfo;
import org.tailjar.headscale.NetPortRange;
import org.tailjar.headscale.NetworkMap;
import org.tailjar.headscale.Node;
import org.tailjar.magicsock.LocalEndpoint;
import org.tailjar.magicsock.LocalPaths;
import org.tailjar.magicsock.PathConfig;
import org.tailjar.packet.IpPrefix;

/**
 * From the words of the control protocol to those of the parts that act on them. What a server says
 * that cannot be understood is left out and logged: one malformed rule or peer must not cost the
 * others.
 */
final class MapTranslation {

  private static final Logger LOG = System.getLogger("org.tailjar.tailnet");

  private static final IpPrefix TAILSCALE_IPV6 = IpPrefix.parse("fd7a:115c:a1e0::/48");

  /** Maps come many times an hour, with the same mistake in each: what was said already. */
  private static final Set<String> SAID = ConcurrentHashMap.newKeySet();

  private static final int MOST_SAID = 50;

  private MapTranslation() {}

  private static void leftOut(String what, IllegalArgumentException why) {
    String sentence = what + " of the server is left out: " + why.getMessage();
    boolean news = SAID.size() < MOST_SAID && SAID.add(sentence);
    LOG.log(news ? Level.WARNING : Level.DEBUG, sentence);
  }

  static DerpMap relays(@Nullable DerpMapWire wire) {
    if (wire == null || wire.regions() == null) {
      return DerpMap.EMPTY;
    }
    TreeMap<Integer, DerpRegion> regions = new TreeMap<>();
    for (DerpRegionWire region : wire.regions().values()) {
      if (region != null) {
        regions.put(region.regionId(), region(region));
      }
    }
    Map<Integer, Double> scores = new TreeMap<>();
    if (wire.homeParams() != null && wire.homeParams().regionScore() != null) {
      wire.homeParams().regionScore().forEach((id, score) -> putScore(scores, id, score));
    }
    return new DerpMap(regions, scores);
  }

  private static void putScore(Map<Integer, Double> scores, String id, @Nullable Double score) {
    try {
      int region = Integer.parseInt(id);
      if (score != null) {
        scores.put(region, score);
      }
    } catch (NumberFormatException e) {
      LOG.log(Level.DEBUG, "a score of the server is left out: its region is {0}", id);
    }
  }

  private static DerpRegion region(DerpRegionWire wire) {
    List<DerpNodeWire> nodes = wire.nodes() == null ? List.of() : wire.nodes();
    return new DerpRegion(
        wire.regionId(),
        orEmpty(wire.regionCode()),
        orEmpty(wire.regionName()),
        wire.avoid(),
        wire.noMeasureNoHome(),
        nodes.stream().map(MapTranslation::relayNode).toList());
  }

  private static DerpNode relayNode(DerpNodeWire wire) {
    return new DerpNode(
        wire.name(),
        wire.regionId(),
        wire.hostName(),
        orEmpty(wire.certName()),
        orEmpty(wire.ipv4()),
        orEmpty(wire.ipv6()),
        wire.stunPort(),
        wire.stunOnly(),
        wire.derpPort(),
        wire.insecureForTests());
  }

  static List<FilterRule> rules(List<FilterRuleWire> wire) {
    List<FilterRule> rules = new ArrayList<>();
    for (FilterRuleWire rule : wire) {
      try {
        List<FilterRule.Destination> destinations = new ArrayList<>();
        for (NetPortRange range :
            rule.dstPorts() == null ? List.<NetPortRange>of() : rule.dstPorts()) {
          destinations.add(
              FilterRule.Destination.parse(
                  range.ip(), range.ports().first(), range.ports().last()));
        }
        List<Integer> protocols = rule.ipProto() == null ? List.of() : rule.ipProto();
        // A rule without ports grants capabilities, not packets.
        if (!destinations.isEmpty()) {
          rules.add(FilterRule.parse(rule.srcIps(), destinations, new HashSet<>(protocols)));
        }
      } catch (IllegalArgumentException e) {
        leftOut("a filter rule", e);
      }
    }
    return rules;
  }

  /** The prefixes among these texts that are well-formed. */
  static List<IpPrefix> prefixes(@Nullable List<String> texts) {
    List<IpPrefix> prefixes = new ArrayList<>();
    for (String text : texts == null ? List.<String>of() : texts) {
      try {
        prefixes.add(IpPrefix.parse(text));
      } catch (IllegalArgumentException e) {
        leftOut("an address prefix", e);
      }
    }
    return prefixes;
  }

  /**
   * What may come from a peer and goes to it: its own addresses, and its subnet routes where those
   * are accepted. Never a default route, which would be an exit node that nobody chose.
   */
  static List<IpPrefix> allowedIps(Node peer, boolean acceptRoutes) {
    List<IpPrefix> addresses = prefixes(peer.addresses());
    if (!acceptRoutes) {
      return addresses;
    }
    List<IpPrefix> allowed = new ArrayList<>(addresses);
    List<IpPrefix> offered = peer.allowedIps() == null ? addresses : prefixes(peer.allowedIps());
    for (IpPrefix prefix : offered) {
      if (prefix.bits() > 0 && !allowed.contains(prefix)) {
        allowed.add(prefix);
      }
    }
    return allowed;
  }

  /** The {@code ip:port} texts among these that are well-formed; no name is ever resolved. */
  static List<InetSocketAddress> endpoints(@Nullable List<String> texts) {
    List<InetSocketAddress> endpoints = new ArrayList<>();
    for (String text : texts == null ? List.<String>of() : texts) {
      int colon = text.lastIndexOf(':');
      try {
        String host = text.substring(0, Math.max(colon, 0));
        if (host.startsWith("[") && host.endsWith("]")) {
          host = host.substring(1, host.length() - 1);
        }
        int port = Integer.parseInt(text.substring(colon + 1));
        endpoints.add(new InetSocketAddress(InetAddress.ofLiteral(host), port));
      } catch (IllegalArgumentException e) {
        LOG.log(Level.DEBUG, "an endpoint of the server is left out: {0}", text);
      }
    }
    return endpoints;
  }

  /** A peer as the paths see it. */
  static PathConfig.Peer path(Node peer) {
    return new PathConfig.Peer(
        peer.key(),
        peer.discoKey() == null ? DiscoPublicKey.ZERO : peer.discoKey(),
        peer.homeDerp(),
        endpoints(peer.endpoints()));
  }

  /** Whether there can be a way to a peer: it does DISCO or has a relay, and its key is good. */
  static boolean isUsable(NetworkMap map, Node peer, Instant now) {
    boolean reachable =
        peer.homeDerp() != 0
            || peer.discoKey() != null && !peer.discoKey().isZero()
            || peer.isWireGuardOnly();
    return reachable && !map.isExpired(peer, now);
  }

  /**
   * What the system routes into the tunnel: the allowed IPs of all peers, and the whole of
   * Tailscale's IPv6 range in place of single addresses in it, as the incumbent does.
   */
  static List<IpPrefix> routes(NetworkMap map, boolean acceptRoutes, Instant now) {
    Set<IpPrefix> routes = new LinkedHashSet<>();
    for (Node peer : map.peers()) {
      if (isUsable(map, peer, now)) {
        for (IpPrefix prefix : allowedIps(peer, acceptRoutes)) {
          routes.add(TAILSCALE_IPV6.contains(prefix) ? TAILSCALE_IPV6 : prefix);
        }
      }
    }
    return List.copyOf(routes);
  }

  /** An endpoint as {@code ip:port}, an IPv6 address in brackets. */
  static String endpointText(LocalEndpoint endpoint) {
    InetAddress address = endpoint.address().getAddress();
    String host = IpPrefix.of(address).addressText();
    return (address instanceof Inet6Address ? "[" + host + "]" : host)
        + ":"
        + endpoint.address().getPort();
  }

  /** What the server is told about the ways to this node. */
  static NetInfo netInfo(LocalPaths local) {
    Map<String, Double> latencies = new TreeMap<>();
    local
        .latencies()
        .forEach((region, latency) -> latencies.put(region + "-v4", latency.toNanos() / 1e9));
    return new NetInfo(
        local.mappingVaries().orElse(null),
        local.ipv6Works(),
        null,
        local.udpWorks(),
        null,
        local.homeRegion(),
        latencies,
        null);
  }

  static EndpointType endpointType(LocalEndpoint endpoint) {
    return switch (endpoint.kind()) {
      case LOCAL -> EndpointType.LOCAL;
      case STUN -> EndpointType.STUN;
      case STUN_LOCAL_PORT -> EndpointType.STUN4_LOCAL_PORT;
    };
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }
}
