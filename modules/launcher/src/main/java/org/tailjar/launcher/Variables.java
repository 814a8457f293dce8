package org.tailjar.launcher;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
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

  /** Those of them that ask for what the node cannot do yet: one warning each. */
  static final Set<String> NOT_BUILT =
      Set.of("TAILSCALE_ACCEPT_DNS", "TAILSCALE_ROUTES", "TAILSCALE_ADVERTISE_EXIT_NODE");

  /** Flags of the incumbent whose variable has another name here. */
  private static final Map<String, String> MEANT =
      Map.of(
          "LOGIN_SERVER", "TAILSCALE_SERVER_URL",
          "CONTROL_URL", "TAILSCALE_SERVER_URL",
          "ADVERTISE_ROUTES", "TAILSCALE_ROUTES");

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
                    name + " is not a variable of Tailjar; the nearest is " + nearest(name));
              }
            });
    return warnings;
  }

  /** The known name that a person most likely meant. */
  static String nearest(String name) {
    var meant = MEANT.get(suffix(name));
    return meant != null
        ? meant
        : KNOWN.stream()
            .min(Comparator.comparingInt(known -> distance(suffix(name), suffix(known))))
            .orElseThrow();
  }

  private static boolean fromKubernetes(String name, String value) {
    return name.equals("TAILSCALE_PORT")
        ? KUBERNETES_PORT_VALUE.matcher(value).matches()
        : KUBERNETES.matcher(name).matches();
  }

  private static String suffix(String name) {
    return name.substring(PREFIX.length());
  }

  /** Edits between two names, less for what both have in common: whole words, or the beginning. */
  private static int distance(String one, String other) {
    var words = new HashSet<>(Arrays.asList(one.split("_")));
    words.retainAll(Arrays.asList(other.split("_")));
    int common = 2 * words.stream().mapToInt(String::length).sum();
    if (one.startsWith(other) || other.startsWith(one)) {
      common += Math.min(one.length(), other.length()) / 2;
    }
    return edits(one, other) - common;
  }

  /** Levenshtein's distance. */
  private static int edits(String one, String other) {
    var row = new int[other.length() + 1];
    Arrays.setAll(row, i -> i);
    for (int i = 1; i <= one.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= other.length(); j++) {
        int replaced = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[other.length()];
  }
}
