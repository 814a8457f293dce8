package org.tailjar.headscale;

import io.avaje.jsonb.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One DNS resolver.
 *
 * @param addr IP, ip:port, or a URL
 * @param bootstrapResolution addresses of the host in the URL
 * @param useWithExitNode whether an exit node does not replace it
 */
@Json
public record DnsResolver(
    @Json.Property("Addr") String addr,
    @Json.Property("BootstrapResolution") @Nullable List<String> bootstrapResolution,
    @Json.Property("UseWithExitNode") boolean useWithExitNode) {

  /** Makes the collections unmodifiable; what a server leaves out is empty. */
  public DnsResolver {
    addr = Copies.orEmpty(addr);
    bootstrapResolution = Copies.of(bootstrapResolution);
  }
}
