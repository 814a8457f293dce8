package org.tailjar.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.util.List;
import java.util.Map;
import javax.net.ServerSocketFactory;
import javax.net.ssl.SSLContext;
import org.tailjar.derp.DerpNode;
import org.tailjar.headscale.DerpMapWire;
import org.tailjar.headscale.DerpNodeWire;
import org.tailjar.headscale.DerpRegionWire;

/**
 * A control server, a relay and a STUN server on loopback; nothing is left of them after {@link
 * #close}.
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

  private TestTailnet(String scheme, ServerSocketFactory sockets) throws IOException {
    InetAddress address = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
    stun = new StunServer(address);
    try {
      listener = new HttpListener(sockets, address, this::handle);
    } catch (IOException e) {
      stun.close();
      throw e;
    }
    url = URI.create(scheme + "://127.0.0.1:" + listener.port());
    control = new ControlServer(url, derpMap(), DOMAIN);
    derp = new DerpServer(control::knows);
    listener.start();
  }

  /**
   * Starts all three on free ports, without TLS.
   *
   * @throws IOException if there is no free port
   */
  public static TestTailnet start() throws IOException {
    return new TestTailnet("http", ServerSocketFactory.getDefault());
  }

  /**
   * Starts all three on free ports, control and relay with TLS.
   *
   * @param context with a certificate for the address 127.0.0.1
   * @throws IOException if there is no free port
   */
  public static TestTailnet start(SSLContext context) throws IOException {
    return new TestTailnet("https", context.getServerSocketFactory());
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
    listener.close();
    stun.close();
  }

  /**
   * Runs a tailnet until the process is ended. Prints its URL and a reusable auth key as the
   * environment of a node: {@code TAILSCALE_SERVER_URL=...} and {@code TAILSCALE_KEY=...}.
   */
  public static void main(String... arguments) throws Exception {
    TestTailnet tailnet = start();
    System.out.println("TAILSCALE_SERVER_URL=" + tailnet.url());
    System.out.println("TAILSCALE_KEY=" + tailnet.control().newAuthKey(AuthKeyOptions.REUSABLE));
    Thread.currentThread().join();
  }

  private void handle(HttpExchange exchange) throws IOException {
    if (!control.handle(exchange) && !derp.handle(exchange)) {
      exchange.respond(404, "text/plain", new byte[0]);
    }
  }

  private DerpMapWire derpMap() {
    DerpNodeWire node =
        new DerpNodeWire(
            DERP_REGION + "a",
            DERP_REGION,
            "127.0.0.1",
            null,
            "127.0.0.1",
            DerpNode.NO_ADDRESS,
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
