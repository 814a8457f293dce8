package org.tailjar.launcher;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.INFO;

import io.avaje.json.JsonException;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.tailjar.tailnet.TailnetNode;

/**
 * The incumbent's LocalAPI, as far as this node has what it asks for (protocol of {@code tailscale
 * status}, {@code up}, {@code wait}, {@code ip}, {@code ping}, {@code whois}, {@code netcheck} and
 * {@code logout}). Whoever can open the socket may read; only root and the node's own user may
 * write.
 *
 * <p>The incumbent's version headers are left out on purpose: its programs then do not warn that a
 * version differs which has nothing to do with theirs.
 */
final class LocalApi implements HttpHandler {
  /** What every client of the LocalAPI writes as the host; a browser that was lured here cannot. */
  static final String HOST = "local-tailscaled.sock";

  static final String ROOT = "/localapi/v0/";

  private static final System.Logger LOG = System.getLogger("org.tailjar.launcher");

  /**
   * Longer than the incumbent's {@code ping} waits for one answer (5 s): it then says "timeout" and
   * tries again, where an error would end it.
   */
  private static final Duration PING_TIMEOUT = Duration.ofSeconds(10);

  private static final Duration LOGOUT_TIMEOUT = Duration.ofSeconds(10);

  private static final String UNCHANGEABLE =
      "Tailjar is configured by its environment: this cannot be changed";

  private final TailnetNode node;
  private final Configuration configuration;
  private final HealthPages health;

  LocalApi(TailnetNode node, Configuration configuration) {
    this.node = node;
    this.configuration = configuration;
    this.health = new HealthPages(node);
  }

  @Override
  public HttpReply handle(HttpCall call) throws InterruptedException {
    if (call.fromBrowser()) {
      return HttpReply.text(403, "not for browsers");
    }
    if (!call.host().isEmpty() && !call.host().equals(HOST)) {
      return HttpReply.text(403, "invalid Host header");
    }
    if (!call.path().startsWith(ROOT)) {
      // The health check reads the same pages here, so that it needs no port.
      return health.handle(call);
    }
    return switch (call.path().substring(ROOT.length())) {
      case "status" -> read(call, () -> status(call));
      case "prefs" -> call.method().equals("PATCH") ? change(call) : read(call, this::prefs);
      case "derpmap" ->
          read(call, () -> HttpReply.json(Documents.DERP_MAP.toJsonBytes(Documents.relays(node))));
      // Asked before each change, which is then judged by itself.
      case "check-prefs" -> HttpReply.json(new byte[] {'{', '}'});
      case "watch-ipn-bus" -> read(call, () -> watch(call));
      case "usermetrics" -> read(call, () -> Metrics.page(node));
      // The incumbent's status asks for it; an empty one says that nothing is served.
      case "serve-config" -> read(call, () -> HttpReply.json(new byte[] {'{', '}'}));
      case "whois" -> read(call, () -> whoIs(call));
      case "ping" -> ping(call);
      case "logout" -> logout(call);
      default -> HttpReply.text(404, "Tailjar does not have " + call.path());
    };
  }

  /** Makes an answer. */
  @FunctionalInterface
  private interface Answer {
    HttpReply get();
  }

  private static HttpReply read(HttpCall call, Answer answer) {
    return switch (call.method()) {
      case "GET", "HEAD" -> answer.get();
      case "PATCH", "POST", "PUT", "DELETE" -> HttpReply.text(501, UNCHANGEABLE);
      default -> HttpReply.text(405, "want GET");
    };
  }

  private HttpReply status(HttpCall call) {
    boolean withPeers = !call.parameter("peers").equals("false");
    return HttpReply.json(Documents.STATUS.toJsonBytes(Documents.status(node, withPeers)));
  }

  private HttpReply prefs() {
    return HttpReply.json(
        Documents.PREFS.toJsonBytes(Documents.prefs(configuration, node.status())));
  }

  /**
   * What {@code tailscale up} and {@code set} send: answered like a success where it asks for what
   * is so anyway.
   */
  private HttpReply change(HttpCall call) {
    if (!call.writer()) {
      return HttpReply.text(403, "prefs write access denied");
    }
    try {
      var present =
          Documents.ANY.fromJson(
              Documents.PREFS.toJson(Documents.prefs(configuration, node.status())));
      var wanted = Documents.ANY.fromJson(new String(call.body(), StandardCharsets.UTF_8));
      if (wanted instanceof Map<?, ?> edits && present instanceof Map<?, ?> prefs) {
        return changesNothing(edits, prefs) ? prefs() : HttpReply.text(501, UNCHANGEABLE);
      }
    } catch (JsonException e) {
      LOG.log(DEBUG, "settings that are no JSON: {0}", e.getMessage());
    }
    return HttpReply.text(400, "not a JSON object");
  }

  /** A setting is meant to change where the flag "NameSet" stands beside it. */
  private static boolean changesNothing(Map<?, ?> edits, Map<?, ?> prefs) {
    return edits.entrySet().stream()
        .filter(edit -> Boolean.TRUE.equals(edit.getValue()))
        .map(edit -> String.valueOf(edit.getKey()))
        .filter(name -> name.endsWith("Set"))
        .map(name -> name.substring(0, name.length() - "Set".length()))
        .allMatch(name -> Objects.equals(edits.get(name), prefs.get(name)));
  }

  private HttpReply watch(HttpCall call) {
    var mask = call.parameter("mask");
    try {
      return IpnBus.watch(node, configuration, mask.isEmpty() ? 0 : Long.parseUnsignedLong(mask));
    } catch (NumberFormatException e) {
      return HttpReply.text(400, "bad mask");
    }
  }

  private HttpReply whoIs(HttpCall call) {
    var address = address(withoutPort(call.parameter("addr")));
    if (address.isEmpty()) {
      return HttpReply.text(
          400, "invalid 'addr' parameter: want an address, with or without a port");
    }
    return Documents.whoIs(node.status(), address.get())
        .map(found -> HttpReply.json(Documents.WHO_IS.toJsonBytes(found)))
        .orElseGet(() -> HttpReply.text(404, "no match for IP:port"));
  }

  private HttpReply ping(HttpCall call) throws InterruptedException {
    if (!call.method().equals("POST")) {
      return HttpReply.text(405, "want POST");
    }
    var address = address(call.parameter("ip"));
    if (address.isEmpty()) {
      return HttpReply.text(400, "invalid 'ip' parameter");
    }
    var type = call.parameter("type");
    if (!type.equals("disco")) {
      return HttpReply.text(400, "invalid 'type' parameter: Tailjar has disco pings only");
    }
    var document = Documents.ping(node.ping(address.get(), PING_TIMEOUT));
    return HttpReply.json(Documents.PING.toJsonBytes(document));
  }

  private HttpReply logout(HttpCall call) throws InterruptedException {
    if (!call.method().equals("POST")) {
      return HttpReply.text(405, "want POST");
    }
    if (!call.writer()) {
      return HttpReply.text(403, "logout access denied: only root and the user of the node may");
    }
    try {
      node.logout(LOGOUT_TIMEOUT);
    } catch (IOException e) {
      return HttpReply.text(500, "the server did not confirm the logout: " + e.getMessage());
    }
    LOG.log(INFO, "logged out by request; this node needs an auth key to come back");
    return HttpReply.noContent();
  }

  private static String withoutPort(String text) {
    if (text.startsWith("[")) {
      int end = text.indexOf(']');
      return end < 0 ? text : text.substring(1, end);
    }
    int colon = text.indexOf(':');
    return colon >= 0 && colon == text.lastIndexOf(':') ? text.substring(0, colon) : text;
  }

  /** An address written as such: no name is ever resolved. */
  private static Optional<InetAddress> address(String text) {
    try {
      return Optional.of(InetAddress.ofLiteral(text));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
