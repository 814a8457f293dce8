package org.tailjar.headscale;

import io.avaje.jsonb.Json;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The DNS configuration of the tailnet.
 *
 * @param resolvers resolvers for everything
 * @param routes resolvers by suffix; an empty list is answered locally
 * @param fallbackResolvers resolvers when the system has none
 * @param domains search domains
 * @param proxied whether MagicDNS is on
 * @param nameservers resolvers as addresses, from old servers
 * @param extraRecords names besides those of the nodes
 */
@Json
public record DnsConfig(
    @Json.Property("Resolvers") @Nullable List<DnsResolver> resolvers,
    @Json.Property("Routes") @Nullable Map<String, List<DnsResolver>> routes,
    @Json.Property("FallbackResolvers") @Nullable List<DnsResolver> fallbackResolvers,
    @Json.Property("Domains") @Nullable List<String> domains,
    @Json.Property("Proxied") boolean proxied,
    @Json.Property("Nameservers") @Nullable List<String> nameservers,
    @Json.Property("ExtraRecords") @Nullable List<DnsRecord> extraRecords) {

  /** Makes the collections unmodifiable. */
  public DnsConfig {
    resolvers = Copies.of(resolvers);
    routes = Copies.of(routes);
    fallbackResolvers = Copies.of(fallbackResolvers);
    domains = Copies.of(domains);
    nameservers = Copies.of(nameservers);
    extraRecords = Copies.of(extraRecords);
  }
}
