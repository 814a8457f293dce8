package org.tailjar.headscale;

import io.avaje.jsonb.Json;
import org.jspecify.annotations.Nullable;

/**
 * A service that a node offers.
 *
 * @param proto "tcp", "udp", "peerapi4", "peerapi6" or "peerapi-dns-proxy"
 * @param port the port
 * @param description a description
 */
@Json
public record Service(
    @Json.Property("Proto") @Nullable String proto,
    @Json.Property("Port") int port,
    @Json.Property("Description") @Nullable String description) {}
