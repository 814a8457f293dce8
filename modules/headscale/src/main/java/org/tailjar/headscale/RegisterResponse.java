package org.tailjar.headscale;

import io.avaje.jsonb.Json;
import org.jspecify.annotations.Nullable;

/**
 * The answer of {@code POST /machine/register}.
 *
 * @param user whom the node belongs to
 * @param login how that user logged in
 * @param nodeKeyExpired whether a new node key is needed
 * @param machineAuthorized whether the machine is approved
 * @param authUrl where a person has to log in; empty when done
 * @param error why the server refuses; empty when it does not
 */
@Json
public record RegisterResponse(
    @Json.Property("User") @Nullable User user,
    @Json.Property("Login") @Nullable Login login,
    @Json.Property("NodeKeyExpired") boolean nodeKeyExpired,
    @Json.Property("MachineAuthorized") boolean machineAuthorized,
    @Json.Property("AuthURL") @Nullable String authUrl,
    @Json.Property("Error") @Nullable String error) {

  /** What that comes to. */
  Registration outcome() {
    if (error != null && !error.isEmpty()) {
      return new Registration.Rejected(error);
    }
    if (nodeKeyExpired) {
      return new Registration.KeyExpired();
    }
    if (authUrl != null && !authUrl.isEmpty()) {
      return new Registration.NeedsLogin(authUrl);
    }
    return new Registration.Registered(user, login);
  }
}
