package org.tailjar.launcher;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The arguments of {@code tailscale up} that a stack made for the incumbent's image keeps in
 * TS_EXTRA_ARGS. Split at white space, as the incumbent does; {@code --flag=value} and {@code
 * --flag value}, with one dash or two.
 */
final class ExtraArguments {
  /** The variable. */
  static final String NAME = "TS_EXTRA_ARGS";

  static final String LOGIN_SERVER = "login-server";
  static final String HOSTNAME = "hostname";
  static final String ACCEPT_DNS = "accept-dns";
  static final String ACCEPT_ROUTES = "accept-routes";
  static final String ADVERTISE_ROUTES = "advertise-routes";
  static final String ADVERTISE_EXIT_NODE = "advertise-exit-node";
  static final String EXIT_NODE = "exit-node";
  static final String AUTH_KEY = "auth-key";

  private static final Set<String> USED =
      Set.of(
          LOGIN_SERVER,
          HOSTNAME,
          ACCEPT_DNS,
          ACCEPT_ROUTES,
          ADVERTISE_ROUTES,
          ADVERTISE_EXIT_NODE,
          EXIT_NODE,
          AUTH_KEY);

  /** Flags that take no value but with an equals sign. */
  private static final Set<String> SWITCHES =
      Set.of(
          ACCEPT_DNS,
          ACCEPT_ROUTES,
          ADVERTISE_EXIT_NODE,
          "advertise-connector",
          "exit-node-allow-lan-access",
          "force-reauth",
          "host-routes",
          "json",
          "qr",
          "report-posture",
          "reset",
          "shields-up",
          "snat-subnet-routes",
          "ssh",
          "stateful-filtering",
          "unattended");

  /** Flags that mean nothing to a container that starts by itself. */
  private static final Set<String> HARMLESS =
      Set.of("accept-risk", "force-reauth", "json", "qr", "qr-format", "reset", "timeout");

  private final Map<String, String> values;
  private final List<String> warnings;
  private final List<String> errors;

  private ExtraArguments(Map<String, String> values, List<String> warnings, List<String> errors) {
    this.values = values;
    this.warnings = warnings;
    this.errors = errors;
  }

  static ExtraArguments parse(String text) {
    var values = new HashMap<String, String>();
    var warnings = new LinkedHashSet<String>();
    var errors = new LinkedHashSet<String>();
    var words = text.strip().isEmpty() ? List.<String>of() : List.of(text.strip().split("\\s+"));
    for (int i = 0; i < words.size(); i++) {
      var word = words.get(i);
      if (!word.startsWith("-")) {
        // Never the word itself: it may be a key that lost its flag.
        warnings.add(NAME + ": an argument without a flag is ignored");
        continue;
      }
      var flag = word.replaceFirst("^--?", "");
      int equals = flag.indexOf('=');
      var name = canonical(equals < 0 ? flag : flag.substring(0, equals));
      String value;
      if (equals >= 0) {
        value = flag.substring(equals + 1);
      } else if (SWITCHES.contains(name)) {
        value = "true";
      } else if (i + 1 < words.size() && !words.get(i + 1).startsWith("-")) {
        value = words.get(++i);
      } else {
        value = "";
        if (USED.contains(name)) {
          errors.add("%s --%s has no value: write --%2$s=VALUE".formatted(NAME, name));
        }
      }
      if (USED.contains(name)) {
        values.put(name, value);
      } else if (!HARMLESS.contains(name)) {
        warnings.add(named(name) + " is ignored: Tailjar does not have it");
      }
    }
    return new ExtraArguments(values, List.copyOf(warnings), List.copyOf(errors));
  }

  private static String named(String flag) {
    return NAME + " --" + (Values.holdsKey(flag) ? "(not shown)" : flag);
  }

  /** The value of a flag; empty when the flag is absent or has an empty value. */
  Optional<String> value(String flag) {
    return Optional.ofNullable(values.get(flag)).filter(value -> !value.isBlank());
  }

  /** The same with the name under which it is spoken of. */
  Optional<Setting> setting(String flag) {
    return value(flag).map(value -> new Setting(named(flag), value));
  }

  /** One for each flag that means something to the incumbent and nothing here; never a value. */
  List<String> warnings() {
    return warnings;
  }

  /** One for each flag that lacks its value. */
  List<String> errors() {
    return errors;
  }

  private static String canonical(String name) {
    return name.equals("authkey") ? AUTH_KEY : name;
  }
}
