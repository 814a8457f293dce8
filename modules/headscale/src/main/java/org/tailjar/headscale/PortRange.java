package org.tailjar.headscale;

import io.avaje.jsonb.Json;

/**
 * A closed range of ports.
 *
 * @param first the first port
 * @param last the last port
 */
@Json
public record PortRange(@Json.Property("First") int first, @Json.Property("Last") int last) {}
