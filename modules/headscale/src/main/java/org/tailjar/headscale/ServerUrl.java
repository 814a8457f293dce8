package org.tailjar.headscale;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.tailjar.transport.Destination;

/**
 * The address of a control server: scheme, host, port and path exactly as given.
 *
 * @param secure whether the scheme is https
 * @param host the DNS name or IP literal, in lower case, without brackets
 * @param port the TCP port
 * @param path what precedes /key, /ts2021 and the rest: empty, or "/" and more without a last slash
 */
public record ServerUrl(boolean secure, String host, int port, String path) {

  private static final int HTTP = 80;
  private static final int HTTPS = 443;

  private static final Pattern CONTAINER_NAME =
      Pattern.compile("([A-Za-z0-9._-]+)(?::(\\d{1,6}))?");

  /**
   * Reads a URL.
   *
   * @throws IllegalArgumentException if it is none that can be used, in words that fit behind the
   *     name of a variable
   */
  public static ServerUrl parse(String text) {
    URI uri;
    try {
      uri = new URI(text.strip());
    } catch (URISyntaxException e) {
      throw invalid(text, "it is not a URL");
    }
    String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
    boolean secure = scheme.equals("https");
    if (!secure && !scheme.equals("http")) {
      throw invalid(text, "it does not begin with https:// or http://");
    }
    if (uri.getRawUserInfo() != null) {
      throw new IllegalArgumentException(
          "the server URL must not contain a user or a password; write https://host[:port][/path]");
    }
    if (uri.getRawQuery() != null || uri.getRawFragment() != null) {
      throw invalid(text, "it must not contain ? or #");
    }
    @Nullable String host = uri.getHost();
    int port = uri.getPort();
    if (host == null && uri.getRawAuthority() != null) {
      // Names of containers may have an underscore, which URI does not take for a host.
      Matcher name = CONTAINER_NAME.matcher(uri.getRawAuthority());
      if (name.matches()) {
        host = name.group(1);
        port = name.group(2) == null ? -1 : Integer.parseInt(name.group(2));
      }
    }
    if (host == null || host.isEmpty()) {
      throw invalid(text, "it names no host");
    }
    port = port == -1 ? (secure ? HTTPS : HTTP) : port;
    if (port < 1 || port > 65535) {
      throw invalid(text, "its port is not between 1 and 65535");
    }
    String path = uri.getRawPath() == null ? "" : uri.getRawPath();
    while (path.endsWith("/")) {
      path = path.substring(0, path.length() - 1);
    }
    if (host.startsWith("[")) {
      host = host.substring(1, host.length() - 1);
    }
    return new ServerUrl(secure, host.toLowerCase(Locale.ROOT), port, path);
  }

  private static IllegalArgumentException invalid(String text, String why) {
    // What precedes an @ may be a password, whatever else is wrong.
    String shown = text.replaceFirst("(?s)^([A-Za-z]+://)?.*@", "$1[redacted]@");
    return new IllegalArgumentException(
        "\"%s\" is no server URL: %s; write https://host[:port][/path]".formatted(shown, why));
  }

  /** Host and port as the Host header has them: the port only where it is not the scheme's own. */
  public String authority() {
    String name = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    return port == (secure ? HTTPS : HTTP) ? name : name + ":" + port;
  }

  /** Where to connect. */
  public Destination destination() {
    return secure ? Destination.tls(host, port) : Destination.plain(host, port);
  }

  /**
   * Whether everything, the auth key included, is open to anybody between here and the server:
   * http, and a host that is neither a private address nor evidently a local name. Nothing is
   * resolved. A Noise session protects its content, but over http the key that it trusts could have
   * been anybody's.
   */
  public boolean isPlainHttpToPublicAddress() {
    return !secure && !isLocalName() && !isPrivateLiteral();
  }

  private boolean isLocalName() {
    boolean literal = host.indexOf(':') >= 0 || host.matches("[0-9.]+");
    // A name without a dot is a container or a machine of the local network.
    return !literal
        && (host.indexOf('.') < 0
            || host.endsWith(".localhost")
            || host.endsWith(".local")
            || host.endsWith(".internal")
            || host.endsWith(".lan")
            || host.endsWith(".home.arpa"));
  }

  private boolean isPrivateLiteral() {
    if (host.indexOf(':') < 0 && !host.matches("[0-9.]+")) {
      return false;
    }
    try {
      InetAddress address = InetAddress.ofLiteral(host);
      byte[] raw = address.getAddress();
      return address.isLoopbackAddress()
          || address.isLinkLocalAddress()
          || address.isSiteLocalAddress()
          // Unique local addresses, RFC 4193, and shared address space, RFC 6598.
          || (address instanceof Inet6Address && (raw[0] & 0xFE) == 0xFC)
          || (raw.length == 4 && raw[0] == 100 && (raw[1] & 0xC0) == 64);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  @Override
  public String toString() {
    return (secure ? "https://" : "http://") + authority() + path;
  }
}
