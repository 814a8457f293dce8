package org.tailjar.headscale;

import io.avaje.jsonb.Json;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A user account.
 *
 * @param id the number
 * @param displayName the name to show
 * @param profilePicUrl a picture
 * @param created since when it exists
 */
@Json
public record User(
    @Json.Property("ID") long id,
    @Json.Property("DisplayName") @Nullable String displayName,
    @Json.Property("ProfilePicURL") @Nullable String profilePicUrl,
    @Json.Property("Created") @Nullable Instant created) {}
