package org.tailjar.launcher;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.tailjar.fuzz.FuzzTarget;
import org.tailjar.fuzz.Input;
import org.tailjar.tailnet.DeviceKind;

/** The environment, and requests to the LocalAPI. */
public final class LauncherTargets {

  private static final String SECRET = "hskey-auth-Xq7Zw9Kv";
  private static final LocalApi API = new LocalApi(new QuietNode(), configuration());

  private LauncherTargets() {}

  /** The targets. */
  public static List<FuzzTarget> all() {
    return List.of(
        new FuzzTarget("environment", LauncherTargets::environmentSeeds, LauncherTargets::read),
        new FuzzTarget("local-api", LauncherTargets::httpSeeds, LauncherTargets::http));
  }

  private static Configuration configuration() {
    Configuration.Result result =
        Configuration.from(Map.of("TAILSCALE_SERVER_URL", "https://headscale.example.com"), "box");
    return ((Configuration.Accepted) result).configuration();
  }

  private static List<byte[]> environmentSeeds() {
    return bytes(
        """
        TAILSCALE_SERVER_URL=https://headscale.example.com
        TAILSCALE_HOSTNAME=web
        TAILSCALE_STATE_DIR=/data
        TAILSCALE_SOCKET=/run/tailjar.sock
        TAILSCALE_CA_FILE=/ca.pem
        TAILSCALE_INTERFACE=ts0
        TAILSCALE_UDP_PORT=41641
        TAILSCALE_MTU=1280
        TAILSCALE_LOGOUT=auto
        TAILSCALE_EPHEMERAL=true
        TAILSCALE_ACCEPT_DNS=false
        TAILSCALE_ACCEPT_ROUTES=yes
        TAILSCALE_HEALTH_ADDR=[::1]:9002
        TAILSCALE_LOG_LEVEL=debug
        TAILSCALE_LOG_FORMAT=json
        """,
        """
        TS_EXTRA_ARGS=--login-server=http://10.0.0.1:8080 --hostname "my box" --accept-routes
        TS_STATE_DIR=mem:
        TS_ROUTES=10.0.0.0/8
        TS_USERSPACE=false
        TS_ENABLE_METRICS=true
        TS_SOCKET=/tmp/x
        TS_ACCEPT_DNS=1
        """,
        """
        TAILSCALE_SERVER_URL=http://user:pass@example.com
        TAILSCALE_KEY_FILE=/key
        TAILSCALE_EXIT_NODE=web
        TAILSCALE_HOSTNAEM=x
        """);
  }

  /** A line for each variable. Nothing is thrown, each message is one line, and no key is in it. */
  private static void read(byte[] bytes) {
    Map<String, String> environment = new LinkedHashMap<>();
    String text = new String(bytes, StandardCharsets.UTF_8);
    if (text.contains(SECRET)) {
      return; // Jazzer learns it from comparisons and puts it where it is no secret
    }
    for (String line : text.split("\n")) {
      int equals = line.indexOf('=');
      // As the environment of a process can be: a name without control characters, no zeros.
      if (equals > 0 && line.substring(0, equals).matches("\\w+") && line.indexOf('\0') < 0) {
        environment.put(line.substring(0, equals), line.substring(equals + 1));
      }
    }
    checked(environment);
    environment.put("TAILSCALE_KEY", SECRET);
    checked(environment);
    environment.remove("TAILSCALE_KEY");
    environment.put("TS_AUTHKEY", SECRET + " with a space");
    checked(environment);
  }

  private static void checked(Map<String, String> environment) {
    List<String> messages;
    switch (Configuration.from(environment, "box.example.com")) {
      case Configuration.Accepted accepted -> {
        accepted.configuration().nodeConfig(DeviceKind.values()[0]);
        check(!accepted.configuration().toString().contains(SECRET), "the key is shown");
        messages = accepted.warnings();
      }
      case Configuration.Refused refused -> {
        check(!refused.errors().isEmpty(), "refused for nothing");
        messages = refused.errors();
      }
    }
    for (String message : messages) {
      check(message.chars().noneMatch(Character::isISOControl), "several lines: " + message);
      check(!message.contains(SECRET), "the key is shown");
    }
  }

  private static List<byte[]> httpSeeds() {
    return bytes(
        "~GET /localapi/v0/status?peers=false HTTP/1.1\r\nHost: local-tailscaled.sock\r\n\r\n"
            + "GET /localapi/v0/prefs HTTP/1.1\r\nHost: local-tailscaled.sock\r\n\r\n",
        "~GET /localapi/v0/whois?addr=100.64.0.1:80 HTTP/1.1\r\n\r\n",
        "~POST /localapi/v0/ping?ip=100.64.0.9&type=disco HTTP/1.1\r\nContent-Length: 2\r\n\r\nab",
        "~POST /localapi/v0/logout HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "~GET /metrics HTTP/1.0\r\nExpect: 100-continue\r\n\r\n",
        "~HEAD /healthz HTTP/1.1\r\nOrigin: http://evil.example\r\n\r\n");
  }

  private static void http(byte[] bytes) throws IOException {
    Input input = new Input(bytes);
    int piece = 1 + input.unsignedByte();
    try (ScriptedChannel channel = new ScriptedChannel(input, piece)) {
      new HttpConnection(channel, LauncherTargets::handle, true).serve();
      String answers = new String(channel.written(), StandardCharsets.ISO_8859_1);
      check(answers.isEmpty() || answers.startsWith("HTTP/1."), "an answer that is not HTTP");
    }
  }

  /** The connection turns a fault into a 500; here it is to be seen. */
  private static HttpReply handle(HttpCall call) throws InterruptedException {
    try {
      return API.handle(call);
    } catch (RuntimeException e) {
      throw new AssertionError("the handler failed", e);
    }
  }

  private static List<byte[]> bytes(String... texts) {
    return Stream.of(texts).map(text -> text.getBytes(StandardCharsets.UTF_8)).toList();
  }

  private static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }
}
