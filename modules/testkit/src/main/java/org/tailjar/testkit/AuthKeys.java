package org.tailjar.testkit;

import java.security.SecureRandom;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The pre-auth keys that were handed out. Guarded by the registry's lock. */
final class AuthKeys {

  private static final class Issued {
    private final AuthKeyOptions options;
    private boolean used;

    Issued(AuthKeyOptions options) {
      this.options = options;
    }
  }

  private final SecureRandom random = new SecureRandom();
  private final Map<String, Issued> issued = new HashMap<>();

  /** A new key, in the form of Headscale's. */
  String issue(AuthKeyOptions options) {
    String key = "hskey-auth-" + hex(6) + "-" + hex(32);
    issued.put(key, new Issued(options));
    return key;
  }

  /** What is wrong with a key, in Headscale's words; null when it is good. */
  @Nullable String fault(String key, Instant now) {
    Issued known = issued.get(key);
    if (known == null) {
      return "invalid authkey";
    }
    Instant expiry = known.options.expiry();
    if (expiry != null && !now.isBefore(expiry)) {
      return "authkey expired";
    }
    return known.used && !known.options.reusable() ? "authkey already used" : null;
  }

  /** Uses a good key. */
  AuthKeyOptions use(String key) {
    Issued known = issued.get(key);
    if (known == null) {
      throw new IllegalArgumentException("an unknown auth key");
    }
    known.used = true;
    return known.options;
  }

  private String hex(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
