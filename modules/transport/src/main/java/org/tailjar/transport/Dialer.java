package org.tailjar.transport;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * Makes outgoing TCP and TLS connections that stay out of the tunnel.
 *
 * <p>A host's addresses are tried as RFC 8305 (happy eyeballs) says: families alternate, the next
 * attempt starts when the last one failed or has had {@link #ATTEMPT_DELAY}, the first to connect
 * wins. Safe for use by many threads; meant for virtual ones.
 */
public final class Dialer {

  /** The head start of each attempt over the next: RFC 8305 section 8. */
  public static final Duration ATTEMPT_DELAY = Duration.ofMillis(250);

  /** Where names come from; tests put their own in its place. */
  @FunctionalInterface
  public interface Resolver {
    /**
     * All addresses of a host, the preferred one first.
     *
     * @throws UnknownHostException if there are none
     */
    InetAddress[] resolve(String host) throws UnknownHostException;
  }

  private final SocketMarker marker;
  private final Resolver resolver;
  private final Duration attemptTimeout;
  private final SSLContext verifying;

  private Dialer(Builder builder) throws IOException {
    this.marker = builder.marker;
    this.resolver = builder.resolver;
    this.attemptTimeout = builder.attemptTimeout;
    this.verifying = TrustedAuthorities.verifying(builder.extraAuthorities);
  }

  /** A builder with the defaults: no mark, the system's resolver, the JDK's authorities. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Connects to a host.
   *
   * @param host the DNS name or IP literal
   * @param port the TCP port
   * @param tls whether to speak TLS and check the certificate against the host's name
   * @param timeout bounds resolution, connection and TLS handshake together
   * @throws IOException a {@link DialException}, or an InterruptedIOException
   */
  public Connection dial(String host, int port, boolean tls, Duration timeout) throws IOException {
    return dial(tls ? Destination.tls(host, port) : Destination.plain(host, port), timeout);
  }

  /**
   * Connects to a destination.
   *
   * @param timeout bounds resolution, connection and TLS handshake together
   * @throws IOException a {@link DialException}, or an InterruptedIOException
   */
  public Connection dial(Destination destination, Duration timeout) throws IOException {
    long deadline = System.nanoTime() + timeout.toNanos();
    List<InetAddress> addresses = AddressOrder.interleave(addresses(destination, deadline));
    SocketChannel channel =
        new ConnectionRace(destination, marker, attemptTimeout, deadline).run(addresses);
    try {
      return secure(destination, channel, deadline);
    } catch (IOException | RuntimeException e) {
      Connection.closeQuietly(channel);
      throw e;
    }
  }

  private List<InetAddress> addresses(Destination destination, long deadline) throws IOException {
    List<InetAddress> found = destination.addresses();
    if (found.isEmpty()) {
      found = Arrays.asList(resolve(destination, deadline));
    }
    List<InetAddress> usable =
        found.stream().filter(a -> AddressOrder.allows(destination.family(), a)).toList();
    if (usable.isEmpty()) {
      throw new DialException(
          DialException.Reason.RESOLVE,
          "%s has no address of the family %s".formatted(destination.host(), destination.family()),
          null);
    }
    return usable;
  }

  private InetAddress[] resolve(Destination destination, long deadline) throws IOException {
    // The system's resolver has no timeout of its own that could be set.
    CompletableFuture<InetAddress[]> answer = new CompletableFuture<>();
    Thread.ofVirtual()
        .name("resolve-" + destination.host())
        .start(
            () -> {
              try {
                answer.complete(resolver.resolve(destination.host()));
              } catch (UnknownHostException | RuntimeException e) {
                answer.completeExceptionally(e);
              }
            });
    try {
      return answer.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw new DialException(
          DialException.Reason.RESOLVE,
          "the name %s does not resolve; check the name and this machine's DNS"
              .formatted(destination.host()),
          e.getCause());
    } catch (TimeoutException e) {
      throw new DialException(
          DialException.Reason.TIMEOUT,
          "the name %s did not resolve in time; check this machine's DNS"
              .formatted(destination.host()),
          e);
    } catch (InterruptedException e) {
      throw interrupted(destination);
    }
  }

  private Connection secure(Destination destination, SocketChannel channel, long deadline)
      throws IOException {
    return switch (destination.security()) {
      case Security.Plain() -> new Connection(channel, channel.socket(), false);
      case Security.Verified(String name) ->
          handshake(destination, channel, deadline, verifying, name, true);
      case Security.Pinned(String name, String sha256) ->
          handshake(destination, channel, deadline, TrustedAuthorities.pinned(sha256), name, false);
      case Security.Unverified(String name) ->
          handshake(destination, channel, deadline, TrustedAuthorities.unverified(), name, false);
    };
  }

  private static Connection handshake(
      Destination destination,
      SocketChannel channel,
      long deadline,
      SSLContext context,
      String serverName,
      boolean identify)
      throws IOException {
    Socket plain = channel.socket();
    SSLSocket socket =
        (SSLSocket)
            context.getSocketFactory().createSocket(plain, serverName, destination.port(), true);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
    if (identify) {
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
    }
    socket.setSSLParameters(parameters);
    int left = (int) Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime()));
    // A read timeout alone would let a server stretch the handshake byte by byte.
    Thread guard =
        Thread.ofVirtual()
            .name("tls-deadline")
            .start(
                () -> {
                  try {
                    Thread.sleep(left);
                    Connection.closeQuietly(channel);
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
    try {
      socket.setSoTimeout(left);
      socket.startHandshake();
      socket.setSoTimeout(0);
      return new Connection(channel, socket, true);
    } catch (IOException e) {
      if (Thread.currentThread().isInterrupted()) {
        throw interrupted(destination);
      }
      if (e instanceof SocketTimeoutException || deadline - System.nanoTime() <= 0) {
        throw new DialException(
            DialException.Reason.TIMEOUT,
            "%s accepted the connection but did not finish the TLS handshake in time"
                .formatted(destination.authority()),
            e);
      }
      throw new DialException(DialException.Reason.TLS, tlsSentence(destination, e), e);
    } finally {
      guard.interrupt();
    }
  }

  private static String tlsSentence(Destination destination, IOException e) {
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

  static InterruptedIOException interrupted(Destination destination) {
    Thread.currentThread().interrupt();
    return new InterruptedIOException(
        "connecting to " + destination.authority() + " was interrupted");
  }

  /** Collects a dialer's settings. */
  public static final class Builder {
    private SocketMarker marker = SocketMarker.NONE;
    private Resolver resolver = InetAddress::getAllByName;
    private Duration attemptTimeout = Duration.ofSeconds(10);
    private @Nullable Path extraAuthorities;

    private Builder() {}

    /** What prepares each socket; default: nothing. */
    public Builder marker(SocketMarker value) {
      marker = value;
      return this;
    }

    /** Where names come from; default: the system's resolver. */
    public Builder resolver(Resolver value) {
      resolver = value;
      return this;
    }

    /** How long one address may take to connect; default 10 s. */
    public Builder attemptTimeout(Duration value) {
      attemptTimeout = value;
      return this;
    }

    /** A PEM file of certificate authorities to believe besides the JDK's; default: none. */
    public Builder extraAuthorities(@Nullable Path pemFile) {
      extraAuthorities = pemFile;
      return this;
    }

    /**
     * The dialer.
     *
     * @throws IOException if the file of authorities cannot be read, in one sentence
     */
    public Dialer build() throws IOException {
      return new Dialer(this);
    }
  }
}
