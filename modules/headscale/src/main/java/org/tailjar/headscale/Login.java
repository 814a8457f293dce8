package org.tailjar.headscale;

import io.avaje.jsonb.Json;
import org.jspecify.annotations.Nullable;

/**
 * One way in which a user logs in.
 *
 * @param id the number
 * @param provider who vouches for the user
 * @param loginName the name at the provider
 * @param displayName the name to show
 * @param profilePicUrl a picture
 */
@Json
public record Login(
    @Json.Property("ID") long id,
    @Json.Property("Provider") @Nullable String provider,
    @Json.Property("LoginName") @Nullable String loginName,
    @Json.Property("DisplayName") @Nullable String displayName,
    @Json.Property("ProfilePicURL") @Nullable String profilePicUrl) {}
