package org.tailjar.launcher;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The names of environment variables that mean something, and what is said of those that do not.
 */
final class Variables {
  static final String PREFIX = "TAILSCALE_";

  /** Every name with our prefix. */
  static final List<String> KNOWN =
      List.of(
          "TAILSCALE_KEY",
          "TAILSCALE_KEY_FILE",
          "TAILSCALE_SERVER_URL",
          "TAILSCALE_HOSTNAME",
          "TAILSCALE_STATE_DIR",
          "TAILSCALE_CA_FILE",
          "TAILSCALE_INTERFACE",
          "TAILSCALE_UDP_PORT",
          "TAILSCALE_MTU",
          "TAILSCALE_DISABLE_OFFLOADS",
          "TAILSCALE_LOGOUT",
          "TAILSCALE_EPHEMERAL",
          "TAILSCALE_ACCEPT_DNS",
          "TAILSCALE_ACCEPT_ROUTES",
          "TAILSCALE_ROUTES",
          "TAILSCALE_ADVERTISE_EXIT_NODE",
          "TAILSCALE_EXIT_NODE",
          "TAILSCALE_HEALTH_ADDR",
          "TAILSCALE_SOCKET",
          "TAILSCALE_LOG_LEVEL",
          "TAILSCALE_LOG_FORMAT");

  private static final List<String> SUFFIXES =
      KNOWN.stream().map(name -> name.substring(PREFIX.length())).toList();

  /** Those of them that ask for what the node cannot do yet: one warning each. */
  static final Set<String> NOT_BUILT = Set.of("TAILSCALE_ROUTES", "TAILSCALE_ADVERTISE_EXIT_NODE");

  /** Names that people try, for the flags and variables of the incumbent have them. */
  private static final Map<String, String> MEANT =
      Map.ofEntries(
          Map.entry("AUTHKEY", "TAILSCALE_KEY"),
          Map.entry("AUTH_KEY", "TAILSCALE_KEY"),
          Map.entry("PREAUTHKEY", "TAILSCALE_KEY"),
          Map.entry("AUTHKEY_FILE", "TAILSCALE_KEY_FILE"),
          Map.entry("AUTH_KEY_FILE", "TAILSCALE_KEY_FILE"),
          Map.entry("LOGIN_SERVER", "TAILSCALE_SERVER_URL"),
          Map.entry("CONTROL_URL", "TAILSCALE_SERVER_URL"),
          Map.entry("SERVER", "TAILSCALE_SERVER_URL"),
          Map.entry("URL", "TAILSCALE_SERVER_URL"),
          Map.entry("HOST", "TAILSCALE_HOSTNAME"),
          Map.entry("NAME", "TAILSCALE_HOSTNAME"),
          Map.entry("STATE", "TAILSCALE_STATE_DIR"),
          Map.entry("CA", "TAILSCALE_CA_FILE"),
          Map.entry("PORT", "TAILSCALE_UDP_PORT"),
          Map.entry("DNS", "TAILSCALE_ACCEPT_DNS"),
          Map.entry("ADVERTISE_ROUTES", "TAILSCALE_ROUTES"),
          Map.entry("LOG", "TAILSCALE_LOG_LEVEL"),
          Map.entry("HEALTH", "TAILSCALE_HEALTH_ADDR"),
          Map.entry("LOCAL_ADDR_PORT", "TAILSCALE_HEALTH_ADDR"));

  /**
   * Variables of the incumbent's image that ask for something that this node does not do. Those
   * that only tune how the incumbent does it (TS_AUTH_ONCE, TS_BOOT_TIMEOUT) are passed over.
   */
  private static final List<String> FOREIGN =
      List.of(
          "TS_CLIENT_ID",
          "TS_CLIENT_SECRET",
          "TS_DEST_IP",
          "TS_EXPERIMENTAL_DEST_DNS_NAME",
          "TS_EXPERIMENTAL_VERSIONED_CONFIG_DIR",
          "TS_HEALTHCHECK_ADDR_PORT",
          "TS_ID_TOKEN",
          "TS_KUBE_SECRET",
          "TS_OUTBOUND_HTTP_PROXY_LISTEN",
          "TS_SERVE_CONFIG",
          "TS_SOCKS5_SERVER",
          "TS_TAILNET_TARGET_FQDN",
          "TS_TAILNET_TARGET_IP",
          "TS_TAILSCALED_EXTRA_ARGS");

  /**
   * What Kubernetes puts into every container when a Service is called "tailscale". TAILSCALE_PORT
   * is among them only with the value that Kubernetes gives it.
   */
  private static final Pattern KUBERNETES =
      Pattern.compile(
          "TAILSCALE_SERVICE_(HOST|PORT(_\\w+)?)|TAILSCALE_PORT_\\d+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?");

  private static final Pattern KUBERNETES_PORT_VALUE = Pattern.compile("(tcp|udp|sctp)://.*");

  private Variables() {}

  /** One warning for each variable that does nothing here, in the order of their names. */
  static List<String> unknown(Map<String, String> environment) {
    var warnings = new ArrayList<String>();
    new TreeMap<>(environment)
        .forEach(
            (name, value) -> {
              if (value.isBlank()) {
                return;
              }
              if (FOREIGN.contains(name)) {
                warnings.add(name + " is set, but Tailjar does not do that: it is ignored");
              } else if (name.startsWith(PREFIX)
                  && !KNOWN.contains(name)
                  && !fromKubernetes(name, value)) {
                warnings.add(
                    name
                        + " is not a variable of Tailjar: "
                        + meant(name)
                            .map(known -> "did you mean " + known + "?")
                            .orElse("it is ignored"));
              }
            });
    return warnings;
  }

  /** The known name that a person meant, where that is evident. */
  static Optional<String> meant(String name) {
    var suffix = name.substring(PREFIX.length());
    return Optional.ofNullable(MEANT.get(suffix))
        .or(() -> Nearest.to(suffix, SUFFIXES).map(near -> PREFIX + near));
  }

  private static boolean fromKubernetes(String name, String value) {
    return name.equals("TAILSCALE_PORT")
        ? KUBERNETES_PORT_VALUE.matcher(value).matches()
        : KUBERNETES.matcher(name).matches();
  }
}
