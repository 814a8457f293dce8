package org.tailjar.tailnet;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.tailjar.dns.DnsName;
import org.tailjar.dns.DnsNames;
import org.tailjar.dns.Nameserver;
import org.tailjar.headscale.DerpNodeWire;
import org.tailjar.headscale.DerpRegionWire;
import org.tailjar.headscale.DnsConfig;
import org.tailjar.headscale.DnsRecord;
import org.tailjar.headscale.DnsResolver;
import org.tailjar.headscale.NetworkMap;
import org.tailjar.headscale.Node;

/** What a network map says of names, in the words of {@code dns}. */
final class DnsTranslation {

  private static final Logger LOG = System.getLogger("org.tailjar.tailnet");

  /** The server's word that all nodes can be reached by IPv6, and are to be found by it. */
  private static final String WANT_AAAA = "magicdns-aaaa";

  /** Resolvers that were complained of already. */
  private static final Set<String> SAID = ConcurrentHashMap.newKeySet();

  private static final int MOST_SAID = 50;

  private DnsTranslation() {}

  /**
   * Whether the map wants anything of the system's resolver. Not when this node's key is expired: a
   * nameserver in the tailnet could not be reached.
   */
  static boolean wantsDns(NetworkMap map, Instant now) {
    DnsConfig dns = map.dnsConfig();
    return dns != null
        && !map.isExpired(map.self(), now)
        && (dns.proxied() || !orEmpty(dns.resolvers()).isEmpty() || hasRoutes(dns));
  }

  private static boolean hasRoutes(DnsConfig dns) {
    return dns.routes() != null && !dns.routes().isEmpty();
  }

  /**
   * The names of a map.
   *
   * @param vital hosts without which nothing works, besides the relays: the control server
   */
  static DnsNames names(NetworkMap map, Collection<String> vital) {
    DnsNames.Builder names = DnsNames.builder();
    boolean onlyIpv6 =
        StatusReport.addresses(map.self()).stream().noneMatch(Inet4Address.class::isInstance);
    boolean wantIpv6 =
        onlyIpv6 || map.self().capMap() != null && map.self().capMap().containsKey(WANT_AAAA);
    addNode(names, map.self(), onlyIpv6, wantIpv6);
    map.peers().forEach(peer -> addNode(names, peer, onlyIpv6, wantIpv6));
    vital.forEach(host -> DnsName.parse(host).ifPresent(names::vital));
    addRelays(names, map);
    DnsConfig dns = map.dnsConfig();
    if (dns != null) {
      addConfig(names, dns, map);
    }
    return names.build();
  }

  private static void addConfig(DnsNames.Builder names, DnsConfig dns, NetworkMap map) {
    orEmpty(dns.extraRecords()).forEach(record -> addRecord(names, record));
    orEmpty(dns.domains()).forEach(text -> DnsName.parse(text).ifPresent(names::searchDomain));
    if (dns.proxied()) {
      DnsName.parse(map.self().name())
          .map(DnsName::parent)
          .filter(domain -> !domain.equals(DnsName.ROOT)) // that would be all names of the world
          .ifPresent(domain -> names.route(domain, List.of()));
      names.tailnetReverseZones();
    }
    if (dns.routes() != null) {
      dns.routes()
          .forEach(
              (suffix, resolvers) -> {
                List<Nameserver> servers = nameservers(resolvers);
                // Servers that we cannot ask: the usual ones may know more than nobody does.
                if (!servers.isEmpty() || orEmpty(resolvers).isEmpty()) {
                  DnsName.parse(suffix).ifPresent(domain -> names.route(domain, servers));
                }
              });
    }
    names.resolvers(nameservers(dns.resolvers()));
    names.fallbacks(nameservers(dns.fallbackResolvers()));
  }

  private static void addNode(
      DnsNames.Builder names, Node node, boolean onlyIpv6, boolean wantIpv6) {
    DnsName name = DnsName.parse(node.name()).orElse(null);
    if (name == null) {
      return;
    }
    List<InetAddress> all = StatusReport.addresses(node);
    all.forEach(address -> names.reverse(address, name));
    boolean hasIpv4 = all.stream().anyMatch(Inet4Address.class::isInstance);
    List<InetAddress> told = new ArrayList<>();
    for (InetAddress address : all) {
      // As the incumbent does: a node's IPv4 address always works, its IPv6 one may not.
      boolean ipv4 = address instanceof Inet4Address;
      if (ipv4 ? !onlyIpv6 : wantIpv6 || !hasIpv4) {
        told.add(address);
      }
    }
    names.host(name, told);
  }

  private static void addRecord(DnsNames.Builder names, DnsRecord record) {
    String type = record.type() == null ? "" : record.type();
    if (!Set.of("", "A", "AAAA").contains(type)) {
      return;
    }
    try {
      InetAddress address = InetAddress.ofLiteral(record.value());
      DnsName.parse(record.name()).ifPresent(name -> names.host(name, List.of(address)));
    } catch (IllegalArgumentException e) {
      LOG.log(Level.DEBUG, "a DNS record of the server is left out: {0}", record);
    }
  }

  private static void addRelays(DnsNames.Builder names, NetworkMap map) {
    if (map.derpMap() == null || map.derpMap().regions() == null) {
      return;
    }
    for (DerpRegionWire region : map.derpMap().regions().values()) {
      if (region != null) {
        for (DerpNodeWire node : orEmpty(region.nodes())) {
          DnsName.parse(node.hostName()).ifPresent(names::vital);
        }
      }
    }
  }

  private static List<Nameserver> nameservers(@Nullable List<DnsResolver> resolvers) {
    List<Nameserver> servers = new ArrayList<>();
    for (@Nullable DnsResolver resolver : orEmpty(resolvers)) {
      if (resolver == null) {
        continue;
      }
      Nameserver.parse(resolver.addr())
          .ifPresentOrElse(
              server -> {
                // Who asks itself asks itself again, without end.
                if (!SystemDns.isService(server.address().getAddress())) {
                  servers.add(server);
                }
              },
              () -> notUnderstood(resolver.addr()));
    }
    return servers;
  }

  private static void notUnderstood(String resolver) {
    boolean news = SAID.size() < MOST_SAID && SAID.add(resolver);
    LOG.log(
        news ? Level.WARNING : Level.DEBUG,
        "the resolver {0} of the server is left out: only addresses of plain DNS servers are asked",
        resolver);
  }

  private static <T> List<T> orEmpty(@Nullable List<T> list) {
    return list == null ? List.of() : list;
  }
}
