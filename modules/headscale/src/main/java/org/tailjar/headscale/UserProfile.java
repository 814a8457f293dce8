package org.tailjar.headscale;

import io.avaje.jsonb.Json;
import org.jspecify.annotations.Nullable;

/**
 * A user as others see it.
 *
 * @param id the number that {@link Node#user()} refers to
 * @param loginName the login name
 * @param displayName the name to show
 * @param profilePicUrl a picture
 */
@Json
public record UserProfile(
    @Json.Property("ID") long id,
    @Json.Property("LoginName") @Nullable String loginName,
    @Json.Property("DisplayName") @Nullable String displayName,
    @Json.Property("ProfilePicURL") @Nullable String profilePicUrl) {}
