package org.tailjar.headscale;

import io.avaje.jsonb.Json;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A node's view of the network around it.
 *
 * @param mappingVariesByDestIp whether the NAT gives every destination its own port
 * @param workingIpv6 whether IPv6 reaches the Internet
 * @param osHasIpv6 whether the system has IPv6
 * @param workingUdp whether UDP reaches the Internet
 * @param havePortMap whether a port mapping exists
 * @param preferredDerp the home region; 0 is unknown, and unreachable by relay
 * @param derpLatency seconds by region and family, as "999-v4"
 * @param firewallMode how the firewall is driven
 */
@Json
public record NetInfo(
    @Json.Property("MappingVariesByDestIP") @Nullable Boolean mappingVariesByDestIp,
    @Json.Property("WorkingIPv6") @Nullable Boolean workingIpv6,
    @Json.Property("OSHasIPv6") @Nullable Boolean osHasIpv6,
    @Json.Property("WorkingUDP") @Nullable Boolean workingUdp,
    @Json.Property("HavePortMap") @Nullable Boolean havePortMap,
    @Json.Property("PreferredDERP") int preferredDerp,
    @Json.Property("DERPLatency") @Nullable Map<String, Double> derpLatency,
    @Json.Property("FirewallMode") @Nullable String firewallMode) {

  /** Makes the collections unmodifiable. */
  public NetInfo {
    derpLatency = Copies.of(derpLatency);
  }
}
