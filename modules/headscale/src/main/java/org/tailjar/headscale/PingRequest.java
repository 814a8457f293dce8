package org.tailjar.headscale;

import io.avaje.jsonb.Json;
import org.jspecify.annotations.Nullable;

/**
 * A question of the server: is this node alive?
 *
 * @param url where to answer
 * @param urlIsNoise whether the answer goes through the control connection
 * @param log whether to log it
 * @param types what kind of ping; empty for a HEAD request to the URL
 * @param ip whom to ping
 */
@Json
public record PingRequest(
    @Json.Property("URL") @Nullable String url,
    @Json.Property("URLIsNoise") boolean urlIsNoise,
    @Json.Property("Log") boolean log,
    @Json.Property("Types") @Nullable String types,
    @Json.Property("IP") @Nullable String ip) {}
