package org.tailjar.launcher;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.tailjar.tailnet.LogoutPolicy;
import org.tailjar.tailnet.Offload;

/**
 * How each kind of value is written. Every method gives the value, or empty when the text is none;
 * the texts that say what is accepted stand beside them.
 */
final class Values {
  static final String URL_ACCEPTED =
      "the URL of a Headscale server, for example https://headscale.example.com";
  static final String HOSTNAME_ACCEPTED =
      "a name of 1 to 63 letters, digits and hyphens that begins and ends with a letter or digit";
  static final String STATE_ACCEPTED = "an absolute path, or mem: for none";
  static final String PATH_ACCEPTED = "an absolute path";
  static final String SOCKET_ACCEPTED = "an absolute path of at most 107 bytes";
  static final String INTERFACE_ACCEPTED =
      "an interface name of 1 to 15 letters, digits and signs other than / : %";
  static final String PORT_ACCEPTED = "a number from 0 to 65535, 0 for any port";
  static final String MTU_ACCEPTED = "a number from 1280 to 9000";
  static final String OFFLOADS_ACCEPTED =
      "a list of tun, tun-udp, udp-gso and udp-gro with commas between them, or all";
  static final String LOGOUT_ACCEPTED = "auto, always or never";
  static final String SWITCH_ACCEPTED = "true or false";
  static final String ADDRESS_ACCEPTED =
      "an IP address and a port, for example 127.0.0.1:9002 or [::]:9002";
  static final String LEVEL_ACCEPTED = "error, warning, info, debug or trace";
  static final String FORMAT_ACCEPTED = "text or json";
  static final String KEY_ACCEPTED =
      "an auth key made with headscale preauthkeys create, or file: and an absolute path";

  private static final Pattern LABEL =
      Pattern.compile("[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?");

  /** What the kernel takes; it would number an interface whose name has a %d in it. */
  private static final Pattern INTERFACE = Pattern.compile("[!-~&&[^/:%]]{1,15}");

  private static final Pattern KEY = Pattern.compile("[!#-&(-~]+");

  /** How the auth keys of Headscale, from 0.27, and of the incumbent's own server begin. */
  private static final Pattern KEY_INSIDE = Pattern.compile("(hskey|tskey)-");

  /** The longest path that fits a {@code sockaddr_un} with its ending zero. */
  private static final int LONGEST_SOCKET_PATH = 107;

  private static final Map<String, Boolean> SWITCH =
      Map.of(
          "true", true, "1", true, "t", true, "yes", true, "on", true, "false", false, "0", false,
          "f", false, "no", false, "off", false);

  private static final Map<String, Offload> OFFLOAD =
      Map.of(
          "tun", Offload.TUN,
          "tun-udp", Offload.TUN_UDP,
          "udp-gso", Offload.UDP_GSO,
          "udp-gro", Offload.UDP_GRO);

  private static final Map<String, System.Logger.Level> LEVEL =
      Map.of(
          "error", System.Logger.Level.ERROR,
          "warning", System.Logger.Level.WARNING,
          "warn", System.Logger.Level.WARNING,
          "info", System.Logger.Level.INFO,
          "debug", System.Logger.Level.DEBUG,
          "trace", System.Logger.Level.TRACE);

  private Values() {}

  static Optional<String> hostname(String text) {
    return LABEL.matcher(text).matches() ? Optional.of(text) : Optional.empty();
  }

  /** The nearest host name to one that the system has, which may hold other characters. */
  static String sanitizedHostname(String text) {
    int dot = text.indexOf('.');
    var label = (dot > 0 ? text.substring(0, dot) : text).replaceAll("[^A-Za-z0-9-]", "-");
    label = label.substring(0, Math.min(label.length(), 63)).replaceAll("^-+|-+$", "");
    return label.isEmpty() ? "tailjar" : label;
  }

  static Optional<Path> path(String text) {
    return text.startsWith("/") && text.indexOf('\0') < 0
        ? Optional.of(Path.of(text).normalize())
        : Optional.empty();
  }

  static Optional<Path> socketPath(String text) {
    return path(text)
        .filter(
            path -> path.toString().getBytes(StandardCharsets.UTF_8).length <= LONGEST_SOCKET_PATH);
  }

  static Optional<String> interfaceName(String text) {
    return INTERFACE.matcher(text).matches() && !text.equals(".") && !text.equals("..")
        ? Optional.of(text)
        : Optional.empty();
  }

  static Optional<Integer> number(String text, int least, int most) {
    try {
      int number = Integer.parseInt(text);
      return number >= least && number <= most ? Optional.of(number) : Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  static Optional<Integer> port(String text) {
    return number(text, 0, 0xFFFF);
  }

  /** 1280 is the least that IPv6 allows (RFC 8200, section 5). */
  static Optional<Integer> mtu(String text) {
    return number(text, 1280, 9000);
  }

  static Optional<Set<Offload>> offloads(String text) {
    if (text.equalsIgnoreCase("all")) {
      return Optional.of(EnumSet.allOf(Offload.class));
    }
    EnumSet<Offload> offloads = EnumSet.noneOf(Offload.class);
    for (var word : text.split(",", -1)) {
      var offload = OFFLOAD.get(word.strip().toLowerCase(Locale.ROOT));
      if (offload == null) {
        return Optional.empty();
      }
      offloads.add(offload);
    }
    return Optional.of(offloads);
  }

  static Optional<Boolean> onOrOff(String text) {
    return Optional.ofNullable(SWITCH.get(text.toLowerCase(Locale.ROOT)));
  }

  static Optional<LogoutPolicy> logout(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "auto" -> Optional.of(LogoutPolicy.AUTO);
      case "always" -> Optional.of(LogoutPolicy.ALWAYS);
      case "never" -> Optional.of(LogoutPolicy.NEVER);
      default -> Optional.empty();
    };
  }

  /** An address to listen at; no host means all addresses. */
  static Optional<InetSocketAddress> address(String text) {
    int colon = text.lastIndexOf(':');
    if (colon < 0) {
      return Optional.empty();
    }
    var host = text.substring(0, colon);
    boolean bracketed = host.startsWith("[") && host.endsWith("]") && host.length() > 2;
    if (bracketed) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      return Optional.empty();
    }
    var port = number(text.substring(colon + 1), 1, 0xFFFF);
    if (port.isEmpty()) {
      return Optional.empty();
    }
    if (host.isEmpty()) {
      return Optional.of(new InetSocketAddress(port.get()));
    }
    if (host.equals("localhost")) {
      return Optional.of(new InetSocketAddress("127.0.0.1", port.get()));
    }
    try {
      return Optional.of(new InetSocketAddress(InetAddress.ofLiteral(host), port.get()));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  static Optional<System.Logger.Level> level(String text) {
    return Optional.ofNullable(LEVEL.get(text.toLowerCase(Locale.ROOT)));
  }

  static Optional<LogSettings.Format> format(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "text" -> Optional.of(LogSettings.Format.TEXT);
      case "json" -> Optional.of(LogSettings.Format.JSON);
      default -> Optional.empty();
    };
  }

  /** Whether a text can be an auth key: printable, without spaces and quotation marks. */
  static boolean isKey(String text) {
    return KEY.matcher(text).matches();
  }

  /** Whether a text holds what looks like an auth key: it is then never shown. */
  static boolean holdsKey(String text) {
    return KEY_INSIDE.matcher(text).find();
  }
}
