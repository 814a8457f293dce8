package org.tailjar.transport;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Makes outgoing TCP and TLS connections that stay out of the tunnel.
 *
 * <p>A host's addresses are tried as RFC 8305 (happy eyeballs) says: families alternate, the next
 * attempt starts when the last one failed or has had {@link #ATTEMPT_DELAY}, the first to connect
 * wins. Where the {@link ProxyRules} name a proxy, it is the proxy's addresses that are tried, and
 * the proxy that resolves the host. Safe for use by many threads; meant for virtual ones.
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
  private final TlsLayer tls;
  private final ProxyRules proxies;

  private Dialer(Builder builder) throws IOException {
    this.marker = builder.marker;
    this.resolver = builder.resolver;
    this.attemptTimeout = builder.attemptTimeout;
    this.tls = new TlsLayer(TrustedAuthorities.with(builder.extraAuthorities));
    this.proxies = builder.proxies;
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
    return switch (proxies.choose(destination)) {
      case Proxy.Direct() -> {
        SocketChannel channel = connect(destination, deadline);
        yield closingOnFailure(channel, () -> secure(destination, channel, deadline));
      }
      case Proxy.Http proxy -> {
        SocketChannel channel = connectToProxy(proxy, destination, deadline);
        yield closingOnFailure(channel, () -> tunnel(proxy, destination, channel, deadline));
      }
    };
  }

  /** What makes a connection of a channel. */
  @FunctionalInterface
  private interface Step {
    Connection run() throws IOException;
  }

  private static Connection closingOnFailure(SocketChannel channel, Step step) throws IOException {
    try {
      return step.run();
    } catch (IOException | RuntimeException e) {
      Connection.closeQuietly(channel);
      throw e;
    }
  }

  private SocketChannel connect(Destination destination, long deadline) throws IOException {
    List<InetAddress> addresses = AddressOrder.interleave(addresses(destination, deadline));
    return new ConnectionRace(destination, marker, attemptTimeout, deadline).run(addresses);
  }

  private SocketChannel connectToProxy(Proxy.Http proxy, Destination destination, long deadline)
      throws IOException {
    try {
      return connect(proxy.destination(), deadline);
    } catch (DialException e) {
      throw new DialException(
          e.reason(),
          "%s cannot be reached through the proxy %s: %s"
              .formatted(destination.authority(), proxy, e.getMessage()),
          e);
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

  /** TLS over a connected channel, where the destination wants it. */
  private Connection secure(Destination destination, SocketChannel channel, long deadline)
      throws IOException {
    try (DialDeadline watch = DialDeadline.watch(channel, deadline)) {
      return new Connection(
          channel, tls.secure(destination, TlsLayer.Layered.plain(channel.socket()), watch));
    }
  }

  private Connection tunnel(
      Proxy.Http proxy, Destination destination, SocketChannel channel, long deadline)
      throws IOException {
    try (DialDeadline watch = DialDeadline.watch(channel, deadline)) {
      TlsLayer.Layered hop =
          tls.secure(proxy.destination(), TlsLayer.Layered.plain(channel.socket()), watch);
      try {
        hop.socket().setSoTimeout(watch.millisLeft());
        ProxyTunnel.open(hop.socket(), proxy, destination);
        hop.socket().setSoTimeout(0);
      } catch (DialException e) {
        throw e;
      } catch (IOException e) {
        if (Thread.currentThread().isInterrupted()) {
          throw interrupted(destination);
        }
        boolean late = e instanceof SocketTimeoutException || watch.isOver();
        throw new DialException(
            late ? DialException.Reason.TIMEOUT : DialException.Reason.PROXY,
            late
                ? "the proxy %s did not answer CONNECT %s in time"
                    .formatted(proxy, destination.authority())
                : "the connection to the proxy %s broke: %s".formatted(proxy, e.getMessage()),
            e);
      }
      return new Connection(channel, tls.secure(destination, hop, watch));
    }
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
    private ProxyRules proxies = ProxyRules.NONE;

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

    /** Which connections go through a proxy; default: none. */
    public Builder proxies(ProxyRules value) {
      proxies = value;
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
