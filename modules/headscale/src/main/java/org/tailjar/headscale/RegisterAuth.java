package org.tailjar.headscale;

import io.avaje.jsonb.Json;
import org.jspecify.annotations.Nullable;

/**
 * How a node proves that it may join. Its text form hides the key.
 *
 * @param authKey the pre-auth key
 */
@Json
public record RegisterAuth(@Json.Property("AuthKey") @Nullable String authKey) {

  @Override
  public String toString() {
    return "RegisterAuth[authKey=[redacted]]";
  }
}
