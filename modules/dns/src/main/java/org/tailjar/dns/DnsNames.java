package org.tailjar.dns;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the network map says of names. Immutable.
 *
 * @param hosts the addresses of each name that is answered here
 * @param reverse the host behind each reverse name
 * @param routes who answers the names of a domain, longest match first; nobody: such names are
 *     answered here, and those that are in no other part of this do not exist
 * @param resolvers who answers all other names; empty: the nameservers that the system had before
 * @param fallbacks who answers them when the system had none
 * @param searchDomains for names of one label
 * @param vital names without which the tunnel itself does not work: for these, the nameservers that
 *     the system had before are asked first, since others may have to be reached through the tunnel
 */
public record DnsNames(
    Map<DnsName, List<InetAddress>> hosts,
    Map<DnsName, DnsName> reverse,
    Map<DnsName, List<Nameserver>> routes,
    List<Nameserver> resolvers,
    List<Nameserver> fallbacks,
    List<DnsName> searchDomains,
    Set<DnsName> vital) {

  /** No names, and everything is asked of the nameservers that the system had before. */
  public static final DnsNames EMPTY = builder().build();

  /** Copies the collections. */
  public DnsNames {
    hosts = Map.copyOf(hosts);
    reverse = Map.copyOf(reverse);
    routes = Map.copyOf(routes);
    resolvers = List.copyOf(resolvers);
    fallbacks = List.copyOf(fallbacks);
    searchDomains = List.copyOf(searchDomains);
    vital = Set.copyOf(vital);
  }

  /** Collects names. */
  public static Builder builder() {
    return new Builder();
  }

  /** The servers of the longest domain that the name is in; null for none. */
  @Nullable List<Nameserver> route(DnsName name) {
    for (DnsName domain = name; ; domain = domain.parent()) {
      List<Nameserver> servers = routes.get(domain);
      if (servers != null || domain.text().isEmpty()) {
        return servers;
      }
    }
  }

  /** The host that a name of one label means by the search domains. */
  Optional<DnsName> searched(DnsName label) {
    return label.isSingleLabel()
        ? searchDomains.stream().map(label::in).filter(hosts::containsKey).findFirst()
        : Optional.empty();
  }

  /** Whether there is a host in this domain: such a name exists, though without addresses. */
  boolean hasHostsWithin(DnsName domain) {
    return hosts.keySet().stream().anyMatch(host -> host.isWithin(domain));
  }

  /** Collects names. Not thread-safe. */
  public static final class Builder {
    private final Map<DnsName, List<InetAddress>> hosts = new LinkedHashMap<>();
    private final Map<DnsName, DnsName> reverse = new HashMap<>();
    private final Map<DnsName, List<Nameserver>> routes = new HashMap<>();
    private final List<Nameserver> resolvers = new ArrayList<>();
    private final List<Nameserver> fallbacks = new ArrayList<>();
    private final Set<DnsName> searchDomains = new LinkedHashSet<>();
    private final Set<DnsName> vital = new HashSet<>();

    private Builder() {}

    /** Adds addresses of a name. */
    public Builder host(DnsName name, List<InetAddress> addresses) {
      hosts.computeIfAbsent(name, n -> new ArrayList<>()).addAll(addresses);
      return this;
    }

    /** Has a look-up of the address yield the name, unless it yields another already. */
    public Builder reverse(InetAddress address, DnsName name) {
      reverse.putIfAbsent(DnsName.reverse(address), name);
      return this;
    }

    /** Sets who answers for a domain; nobody: its names are answered here. */
    public Builder route(DnsName domain, List<Nameserver> servers) {
      routes.put(domain, List.copyOf(servers));
      return this;
    }

    /** Has the reverse names of the addresses that a tailnet may have answered here. */
    public Builder tailnetReverseZones() {
      for (int i = 64; i < 128; i++) { // 100.64.0.0/10
        route(new DnsName(i + ".100.in-addr.arpa"), List.of());
      }
      return route(new DnsName("0.e.1.a.c.5.1.1.a.7.d.f.ip6.arpa"), List.of());
    }

    /** Adds servers for all names that nothing else is said of. */
    public Builder resolvers(List<Nameserver> servers) {
      resolvers.addAll(servers);
      return this;
    }

    /** Adds servers for when the system has none. */
    public Builder fallbacks(List<Nameserver> servers) {
      fallbacks.addAll(servers);
      return this;
    }

    /** Adds a search domain. */
    public Builder searchDomain(DnsName domain) {
      searchDomains.add(domain);
      return this;
    }

    /** Adds a name without which the tunnel does not work. */
    public Builder vital(DnsName name) {
      vital.add(name);
      return this;
    }

    /** What was collected. */
    public DnsNames build() {
      return new DnsNames(
          hosts, reverse, routes, resolvers, fallbacks, List.copyOf(searchDomains), vital);
    }
  }
}
