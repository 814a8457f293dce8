package org.tailjar.transport;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How a connection leaves this machine: see {@link ProxyRules#choose}. */
public sealed interface Proxy {

  /** Straight to the destination. */
  record Direct() implements Proxy {}

  /**
   * Through an HTTP proxy, by its CONNECT method (RFC 9110 section 9.3.6).
   *
   * @param host the proxy's DNS name or IP literal, without brackets
   * @param port the proxy's TCP port
   * @param secure whether the proxy itself is spoken to over TLS
   * @param credentials what the proxy is told about who asks
   */
  record Http(String host, int port, boolean secure, Optional<Credentials> credentials)
      implements Proxy {

    /** Where the proxy is. */
    Destination destination() {
      return secure ? Destination.tls(host, port) : Destination.plain(host, port);
    }

    /** Scheme, host and port; no credentials. */
    @Override
    public String toString() {
      return (secure ? "https://" : "http://") + destination().authority();
    }
  }

  /** A user and a password for a proxy; in no text form. */
  final class Credentials {
    private final String basic;

    Credentials(String user, String password) {
      basic =
          Base64.getEncoder()
              .encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    /** The value of Proxy-Authorization: the Basic scheme of RFC 7617. A secret. */
    String authorization() {
      return "Basic " + basic;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Credentials same && basic.equals(same.basic);
    }

    @Override
    public int hashCode() {
      return basic.hashCode();
    }

    @Override
    public String toString() {
      return "Credentials[not shown]";
    }
  }
}
