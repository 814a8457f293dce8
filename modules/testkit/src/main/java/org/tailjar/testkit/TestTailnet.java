package org.tailjar.testkit;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.net.ServerSocketFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.tailjar.derp.DerpNode;
import org.tailjar.headscale.DerpMapWire;
import org.tailjar.headscale.DerpNodeWire;
import org.tailjar.headscale.DerpRegionWire;

/**
 * A control server, a relay and a STUN server, on loopback unless another address is asked for;
 * nothing is left of them after {@link #close}.
 */
public final class TestTailnet implements AutoCloseable {

  /** The number of the one region of relays. */
  public static final int DERP_REGION = 999;

  /** The domain under which nodes have names. */
  public static final String DOMAIN = "test.ts";

  private final HttpListener listener;
  private final StunServer stun;
  private final DerpServer derp;
  private final ControlServer control;
  private final URI url;
  private final InetAddress address;

  private TestTailnet(Builder settings) throws IOException {
    address = settings.address;
    stun = new StunServer(address);
    SSLContext tls = settings.tls;
    try {
      listener =
          new HttpListener(
              tls == null ? ServerSocketFactory.getDefault() : tls.getServerSocketFactory(),
              address,
              this::handle);
    } catch (IOException e) {
      stun.close();
      throw e;
    }
    url = URI.create((tls == null ? "http" : "https") + "://" + host() + ":" + listener.port());
    control =
        new ControlServer(
            url,
            derpMap(),
            settings.domain,
            new Patience(settings.offlineGrace, settings.ephemeralTimeout));
    derp = new DerpServer(control::knows);
    listener.start();
  }

  /**
   * Starts all three on loopback on free ports, without TLS.
   *
   * @throws IOException if there is no free port
   */
  public static TestTailnet start() throws IOException {
    return builder().start();
  }

  /** Settings that are those of {@link #start()} unless they are changed. */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects settings. Not thread-safe. */
  public static final class Builder {
    private InetAddress address = InetAddress.ofLiteral("127.0.0.1");
    private @Nullable SSLContext tls;
    private String domain = DOMAIN;
    private Duration offlineGrace = Duration.ofSeconds(10);
    private Duration ephemeralTimeout = Duration.ofSeconds(120);

    private Builder() {}

    /** Sets the address to listen on, by which nodes must be able to reach it; else 127.0.0.1. */
    public Builder address(InetAddress value) {
      address = value;
      return this;
    }

    /** Has control and relay speak TLS, with a certificate for the address. */
    public Builder tls(SSLContext context) {
      tls = context;
      return this;
    }

    /** Sets the domain under which nodes have names; else {@link #DOMAIN}. */
    public Builder domain(String value) {
      domain = value;
      return this;
    }

    /** Sets how long after its connection has ended a node is seen offline; else 10 s. */
    public Builder offlineGrace(Duration value) {
      offlineGrace = value;
      return this;
    }

    /** Sets how long after it went offline an ephemeral node is deleted; else 120 s. */
    public Builder ephemeralTimeout(Duration value) {
      ephemeralTimeout = value;
      return this;
    }

    /**
     * Starts all three on free ports.
     *
     * @throws IOException if there is no free port
     */
    public TestTailnet start() throws IOException {
      return new TestTailnet(this);
    }
  }

  /** The URL of the control server. */
  public URI url() {
    return url;
  }

  /** The control server. */
  public ControlServer control() {
    return control;
  }

  /** The relay, on the port of the control server as Headscale's is. */
  public DerpServer derp() {
    return derp;
  }

  /** The STUN server. */
  public StunServer stun() {
    return stun;
  }

  /** Ends all connections. */
  @Override
  public void close() {
    control.close();
    listener.close();
    stun.close();
  }

  /** The address as a URL has it. */
  private String host() {
    String text = address.getHostAddress();
    return address instanceof Inet6Address ? "[" + text + "]" : text;
  }

  private void handle(HttpExchange exchange) throws IOException {
    if (!control.handle(exchange) && !derp.handle(exchange)) {
      exchange.respond(404, "text/plain", new byte[0]);
    }
  }

  private DerpMapWire derpMap() {
    boolean six = address instanceof Inet6Address;
    String text = address.getHostAddress();
    DerpNodeWire node =
        new DerpNodeWire(
            DERP_REGION + "a",
            DERP_REGION,
            text,
            null,
            six ? DerpNode.NO_ADDRESS : text,
            six ? text : DerpNode.NO_ADDRESS,
            stun.port(),
            false,
            listener.port(),
            false,
            null,
            false);
    return new DerpMapWire(
        Map.of(
            Integer.toString(DERP_REGION),
            new DerpRegionWire(DERP_REGION, "test", "Test", false, false, List.of(node))),
        null,
        true);
  }
}
