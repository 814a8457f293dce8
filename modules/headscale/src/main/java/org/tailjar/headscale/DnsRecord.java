package org.tailjar.headscale;

import io.avaje.jsonb.Json;
import org.jspecify.annotations.Nullable;

/**
 * One DNS record.
 *
 * @param name the full name
 * @param type "A" or "AAAA"; empty: by the value
 * @param value the address
 */
@Json
public record DnsRecord(
    @Json.Property("Name") String name,
    @Json.Property("Type") @Nullable String type,
    @Json.Property("Value") String value) {

  /** What a server leaves out is empty. */
  public DnsRecord {
    name = Copies.orEmpty(name);
    value = Copies.orEmpty(value);
  }
}
