package org.tailjar.transport;

import java.net.IDN;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.tailjar.packet.IpPrefix;

/**
 * Which connections go through a proxy; immutable, and without I/O.
 *
 * <p>The rules are those of Go's {@code golang.org/x/net/http/httpproxy}, which programs beside
 * this one are likely to follow: HTTPS_PROXY is for TLS destinations and HTTP_PROXY for plain ones,
 * each also in lower case, where the upper case wins; NO_PROXY exempts destinations; this machine
 * itself is never reached through a proxy; ALL_PROXY is not read.
 */
public final class ProxyRules {

  /** No proxy at all. */
  public static final ProxyRules NONE = new ProxyRules(null, null, List.of());

  /** What a proxy variable may hold. */
  public static final String ACCEPTED =
      "the URL of an HTTP proxy, http://[user:password@]host[:port]";

  private static final Proxy DIRECT = new Proxy.Direct();
  private static final Pattern URL =
      Pattern.compile("(?:([A-Za-z][A-Za-z0-9+.-]*)://)?+([^/?#]*@)?([^/?#@]+)(?:[/?#].*)?");
  private static final Pattern AUTHORITY =
      Pattern.compile("(?:\\[([0-9A-Fa-f:.]+)]|([^\\s:\\[\\]]+))(?::(\\d{0,5}))?");

  private final Proxy.@Nullable Http plain;
  private final Proxy.@Nullable Http secure;
  private final List<Exemption> exemptions;

  private ProxyRules(
      Proxy.@Nullable Http plain, Proxy.@Nullable Http secure, List<Exemption> exemptions) {
    this.plain = plain;
    this.secure = secure;
    this.exemptions = List.copyOf(exemptions);
  }

  /**
   * Reads an environment.
   *
   * @param environment names and values, for example {@link System#getenv()}
   * @throws IllegalArgumentException if a variable holds no proxy that can be used, in one sentence
   *     that names it and does not repeat the value, which may hold a password
   */
  public static ProxyRules of(Map<String, String> environment) {
    return new ProxyRules(
        proxy(environment, "HTTP_PROXY"),
        proxy(environment, "HTTPS_PROXY"),
        exemptions(value(environment, "NO_PROXY").map(Setting::text).orElse("")));
  }

  private record Setting(String name, String text) {}

  private static Optional<Setting> value(Map<String, String> environment, String name) {
    for (String spelling : List.of(name, name.toLowerCase(Locale.ROOT))) {
      String text = environment.getOrDefault(spelling, "").strip();
      if (!text.isEmpty()) {
        return Optional.of(new Setting(spelling, text));
      }
    }
    return Optional.empty();
  }

  private static Proxy.@Nullable Http proxy(Map<String, String> environment, String name) {
    Optional<Setting> setting = value(environment, name);
    if (setting.isEmpty()) {
      return null;
    }
    try {
      return parse(setting.get().text());
    } catch (IllegalArgumentException e) {
      // Without the cause: its message may repeat the value.
      throw new IllegalArgumentException(
          setting.get().name() + " (value not shown) is not accepted: give " + ACCEPTED);
    }
  }

  private static Proxy.Http parse(String text) {
    Matcher url = URL.matcher(text);
    if (!url.matches()) {
      throw new IllegalArgumentException("not a URL");
    }
    String scheme = url.group(1) == null ? "http" : url.group(1).toLowerCase(Locale.ROOT);
    boolean secure = scheme.equals("https");
    Matcher authority = AUTHORITY.matcher(url.group(3));
    if (!secure && !scheme.equals("http") || !authority.matches()) {
      throw new IllegalArgumentException("not the URL of an HTTP proxy");
    }
    String host =
        authority.group(1) != null ? authority.group(1) : ascii(authority.group(2)).strip();
    String digits = authority.group(3);
    int port = digits == null || digits.isEmpty() ? (secure ? 443 : 80) : Integer.parseInt(digits);
    Proxy.Http proxy = new Proxy.Http(host, port, secure, credentials(url.group(2)));
    proxy.destination(); // checks host and port
    return proxy;
  }

  private static Optional<Proxy.Credentials> credentials(@Nullable String userInfo) {
    if (userInfo == null || userInfo.length() < 2) {
      return Optional.empty();
    }
    String text = userInfo.substring(0, userInfo.length() - 1);
    int colon = text.indexOf(':');
    return Optional.of(
        new Proxy.Credentials(
            decoded(colon < 0 ? text : text.substring(0, colon)),
            colon < 0 ? "" : decoded(text.substring(colon + 1))));
  }

  private static String decoded(String percentEncoded) {
    // A plus sign stands for itself in this part of a URL.
    return URLDecoder.decode(percentEncoded.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  /** The way to a destination. */
  public Proxy choose(Destination destination) {
    Proxy.@Nullable Http proxy = destination.security() instanceof Security.Plain ? plain : secure;
    return proxy == null || isExempt(destination.host(), destination.port()) ? DIRECT : proxy;
  }

  private boolean isExempt(String destination, int port) {
    String host = ascii(destination).strip().toLowerCase(Locale.ROOT);
    if (host.equals("localhost")) {
      return true;
    }
    // What has a colon is an address, even one with a scope that resembles a domain.
    boolean literal = host.indexOf(':') >= 0;
    Optional<IpPrefix> address =
        address(literal && host.indexOf('%') > 0 ? host.substring(0, host.indexOf('%')) : host);
    if (address.isPresent() && address.get().address().isLoopbackAddress()) {
      return true;
    }
    return exemptions.stream()
        .anyMatch(exemption -> exemption.matches(host, literal, address, port));
  }

  /** One entry of NO_PROXY. */
  private sealed interface Exemption {
    boolean matches(String host, boolean literal, Optional<IpPrefix> address, int port);
  }

  private record All() implements Exemption {
    @Override
    public boolean matches(String host, boolean literal, Optional<IpPrefix> address, int port) {
      return true;
    }
  }

  private record Range(IpPrefix range, @Nullable String port) implements Exemption {
    @Override
    public boolean matches(String host, boolean literal, Optional<IpPrefix> address, int asked) {
      return address.isPresent() && range.contains(address.get()) && allows(port, asked);
    }
  }

  private record Domain(String suffix, boolean itself, @Nullable String port) implements Exemption {
    @Override
    public boolean matches(String host, boolean literal, Optional<IpPrefix> address, int asked) {
      boolean named = host.endsWith(suffix) || itself && host.equals(suffix.substring(1));
      return !literal && address.isEmpty() && named && allows(port, asked);
    }
  }

  private static boolean allows(@Nullable String port, int asked) {
    return port == null || port.isEmpty() || port.equals(Integer.toString(asked));
  }

  /** What cannot be understood is passed over, as everywhere. */
  private static List<Exemption> exemptions(String text) {
    List<Exemption> exemptions = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      String entry = part.strip().toLowerCase(Locale.ROOT);
      if (entry.equals("*")) {
        return List.of(new All());
      }
      exemption(entry).ifPresent(exemptions::add);
    }
    return exemptions;
  }

  private static Optional<Exemption> exemption(String entry) {
    if (entry.indexOf('/') >= 0) {
      return prefix(entry).map(range -> new Range(range, null));
    }
    String host = entry;
    @Nullable String port = null;
    int colon = entry.lastIndexOf(':');
    if (entry.startsWith("[")) {
      int end = entry.indexOf(']');
      host = entry.substring(1, Math.max(end, 1));
      port = colon > end ? entry.substring(colon + 1) : null;
    } else if (colon >= 0 && entry.indexOf(':') == colon) {
      host = entry.substring(0, colon);
      port = entry.substring(colon + 1);
    }
    Optional<IpPrefix> address = address(host);
    if (address.isPresent()) {
      return Optional.of(new Range(address.get(), port));
    }
    host = host.startsWith("*.") ? host.substring(1) : host;
    if (host.isEmpty()) {
      return Optional.empty();
    }
    boolean itself = !host.startsWith(".");
    return Optional.of(new Domain(ascii(itself ? "." + host : host), itself, port));
  }

  private static Optional<IpPrefix> address(String text) {
    return text.indexOf('/') >= 0 ? Optional.empty() : prefix(text);
  }

  private static Optional<IpPrefix> prefix(String text) {
    try {
      return Optional.of(IpPrefix.parse(text));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static String ascii(String name) {
    if (name.chars().allMatch(c -> c < 0x80)) {
      return name;
    }
    boolean dot = name.startsWith(".");
    try {
      return (dot ? "." : "") + IDN.toASCII(dot ? name.substring(1) : name);
    } catch (IllegalArgumentException e) {
      return name;
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ProxyRules rules
        && Objects.equals(plain, rules.plain)
        && Objects.equals(secure, rules.secure)
        && exemptions.equals(rules.exemptions);
  }

  @Override
  public int hashCode() {
    return Objects.hash(plain, secure, exemptions);
  }

  /** The proxies, without their passwords. */
  @Override
  public String toString() {
    return "ProxyRules[http=%s, https=%s, exemptions=%d]"
        .formatted(plain, secure, exemptions.size());
  }
}
