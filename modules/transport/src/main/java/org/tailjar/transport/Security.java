package org.tailjar.transport;

/** How a connection is secured, and against what the server's certificate is checked. */
public sealed interface Security {

  /** TCP without TLS. */
  record Plain() implements Security {}

  /**
   * TLS with a certificate that chains to a trusted authority and names the server.
   *
   * @param serverName the DNS name or IP literal that the certificate must carry; a DNS name is
   *     also sent as SNI
   */
  record Verified(String serverName) implements Security {}

  /**
   * TLS with one exact certificate, whoever issued it.
   *
   * @param serverName sent as SNI when it is a DNS name
   * @param sha256 lower-case hex of the SHA-256 of the certificate's DER form
   */
  record Pinned(String serverName, String sha256) implements Security {}

  /**
   * TLS with any certificate: only for servers that a network map marks as a test's own.
   *
   * @param serverName sent as SNI when it is a DNS name
   */
  record Unverified(String serverName) implements Security {}
}
