package org.tailjar.headscale;

import io.avaje.jsonb.Json;
import org.jspecify.annotations.Nullable;

/**
 * Ports at a destination.
 *
 * @param ip "*", an address, a range a-b, or a prefix
 * @param bits the prefix length, from old servers
 * @param ports the ports
 */
@Json
public record NetPortRange(
    @Json.Property("IP") String ip,
    @Json.Property("Bits") @Nullable Integer bits,
    @Json.Property("Ports") PortRange ports) {

  /** What a server leaves out is empty. */
  public NetPortRange {
    ip = Copies.orEmpty(ip);
    ports = ports == null ? new PortRange(0, 0) : ports;
  }
}
