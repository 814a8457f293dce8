package org.tailjar.headscale;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What the server said to a registration. */
public sealed interface Registration {

  /**
   * The node key is authorised.
   *
   * @param user whom the node belongs to
   * @param login how that user logged in
   */
  record Registered(@Nullable User user, @Nullable Login login) implements Registration {}

  /**
   * A person has to approve: show the URL, then call {@link ControlClient#awaitLogin}.
   *
   * @param authUrl where to log in
   */
  record NeedsLogin(String authUrl) implements Registration {}

  /** The node key is expired: make a new one and register it in place of the old. */
  record KeyExpired() implements Registration {}

  /**
   * The server refuses. Headscale reports its internal faults the same way, so that this may pass.
   *
   * @param error the server's words
   */
  record Rejected(String error) implements Registration {

    /** Whether the auth key is at fault: invalid, expired or already used. */
    public boolean isAuthKeyFault() {
      String text = error.toLowerCase(Locale.ROOT).replace("-", "").replace(" ", "");
      return text.contains("authkey")
          && (text.contains("invalid")
              || text.contains("expired")
              || text.contains("used")
              || text.contains("notfound")
              || text.contains("failedtoparse"));
    }
  }
}
