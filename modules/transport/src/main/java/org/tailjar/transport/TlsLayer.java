package org.tailjar.transport;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.security.cert.CertificateException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/** Puts TLS over a connected socket, as a destination wants it. */
final class TlsLayer {

  private final TrustedAuthorities authorities;

  /** Servers are checked against these authorities. */
  TlsLayer(TrustedAuthorities authorities) {
    this.authorities = authorities;
  }

  /** What certificates are believed. */
  @FunctionalInterface
  private interface Trust {
    SSLContext context() throws IOException;
  }

  /**
   * A socket to speak through, and its streams.
   *
   * @param tls whether the last layer put over the socket was TLS
   */
  record Layered(Socket socket, InputStream in, OutputStream out, boolean tls) {
    static Layered plain(Socket socket) throws IOException {
      return new Layered(socket, socket.getInputStream(), socket.getOutputStream(), false);
    }
  }

  /** Puts TLS over what there is, or nothing where the destination is plain. */
  Layered secure(Destination destination, Layered over, DialDeadline deadline) throws IOException {
    Socket socket = over.socket();
    return switch (destination.security()) {
      case Security.Plain() -> new Layered(socket, over.in(), over.out(), false);
      case Security.Verified(String name) ->
          handshake(destination, socket, deadline, authorities::verifying, name, true);
      case Security.Pinned(String name, String sha256) ->
          handshake(
              destination, socket, deadline, () -> TrustedAuthorities.pinned(sha256), name, false);
      case Security.Unverified(String name) ->
          handshake(destination, socket, deadline, TrustedAuthorities::unverified, name, false);
    };
  }

  private static Layered handshake(
      Destination destination,
      Socket plain,
      DialDeadline deadline,
      Trust trust,
      String serverName,
      boolean identify)
      throws IOException {
    BufferedSocket below = new BufferedSocket(plain);
    try {
      SSLSocket socket =
          (SSLSocket)
              trust
                  .context()
                  .getSocketFactory()
                  .createSocket(below, serverName, destination.port(), true);
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
      if (identify) {
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
      }
      socket.setSSLParameters(parameters);
      socket.setSoTimeout(deadline.millisLeft());
      socket.startHandshake();
      socket.setSoTimeout(0);
      TlsStreams streams = new TlsStreams(socket, below);
      return new Layered(socket, streams.in(), streams.out(), true);
    } catch (IOException e) {
      if (Thread.currentThread().isInterrupted()) {
        throw Dialer.interrupted(destination);
      }
      if (e instanceof SocketTimeoutException || deadline.isOver()) {
        throw new DialException(
            DialException.Reason.TIMEOUT,
            "%s accepted the connection but did not finish the TLS handshake in time"
                .formatted(destination.authority()),
            e);
      }
      throw new DialException(DialException.Reason.TLS, sentence(destination, e), e);
    }
  }

  private static String sentence(Destination destination, IOException e) {
    @Nullable Throwable cause = e;
    while (cause != null) {
      if (cause instanceof CertificateException certificate) {
        String text = String.valueOf(certificate.getMessage());
        return text.contains("unable to find valid certification path")
            ? "%s has a certificate from an unknown authority; give its CA file"
                .formatted(destination.authority())
            : "%s has a certificate that is not accepted: %s"
                .formatted(destination.authority(), text);
      }
      cause = cause.getCause();
    }
    String text = String.valueOf(e.getMessage());
    return e instanceof SSLException && text.contains("plaintext connection")
        ? "%s does not speak TLS; is it an http server?".formatted(destination.authority())
        : "the TLS handshake with %s failed: %s".formatted(destination.authority(), text);
  }
}
