package org.tailjar.headscale;

import io.avaje.jsonb.Json;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.NodePublicKey;

/**
 * The body of {@code POST /machine/register}.
 *
 * @param version the capability version
 * @param nodeKey the key that asks to be authorised
 * @param oldNodeKey the key that it replaces, or the zero key
 * @param auth the pre-auth key, when one is used
 * @param expiry the expiry asked for; a past one logs out
 * @param followup the login URL that this request waits for
 * @param hostinfo what the node says of itself
 */
@Json
public record RegisterRequest(
    @Json.Property("Version") int version,
    @Json.Property("NodeKey") NodePublicKey nodeKey,
    @Json.Property("OldNodeKey") NodePublicKey oldNodeKey,
    @Json.Property("Auth") @Nullable RegisterAuth auth,
    @Json.Property("Expiry") @Nullable Instant expiry,
    @Json.Property("Followup") @Nullable String followup,
    @Json.Property("Hostinfo") @Nullable Hostinfo hostinfo) {}
