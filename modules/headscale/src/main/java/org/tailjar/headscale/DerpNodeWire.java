package org.tailjar.headscale;

import io.avaje.jsonb.Json;
import org.jspecify.annotations.Nullable;

/**
 * One relay.
 *
 * @param name the name, unique in the map
 * @param regionId its region
 * @param hostName the DNS name or address
 * @param certName the name in its certificate if not the host name, or sha256-raw:hex
 * @param ipv4 an address to use instead of DNS; "none" for no IPv4
 * @param ipv6 an address to use instead of DNS; "none" for no IPv6
 * @param stunPort 0: 3478; negative: no STUN
 * @param stunOnly whether it relays nothing
 * @param derpPort 0: 443
 * @param insecureForTests whether its certificate is not checked
 * @param stunTestIp the address for STUN in tests
 * @param canPort80 whether it answers captive portal checks
 */
@Json
public record DerpNodeWire(
    @Json.Property("Name") String name,
    @Json.Property("RegionID") int regionId,
    @Json.Property("HostName") String hostName,
    @Json.Property("CertName") @Nullable String certName,
    @Json.Property("IPv4") @Nullable String ipv4,
    @Json.Property("IPv6") @Nullable String ipv6,
    @Json.Property("STUNPort") int stunPort,
    @Json.Property("STUNOnly") boolean stunOnly,
    @Json.Property("DERPPort") int derpPort,
    @Json.Property("InsecureForTests") boolean insecureForTests,
    @Json.Property("STUNTestIP") @Nullable String stunTestIp,
    @Json.Property("CanPort80") boolean canPort80) {

  /** What a server leaves out is empty. */
  public DerpNodeWire {
    name = Copies.orEmpty(name);
    hostName = Copies.orEmpty(hostName);
  }
}
