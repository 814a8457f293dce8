package org.tailjar.transport;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Asks an HTTP proxy for a tunnel: RFC 9110 section 9.3.6. */
final class ProxyTunnel {

  /** The longest head of an answer that is read, in bytes. */
  static final int MAX_HEAD_LENGTH = 16 << 10;

  private static final int MAX_WORDS = 100;
  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] ([0-9]{3})(?: (.*))?");
  private static final Pattern HOST = Pattern.compile("[\\x21-\\x7e&&[^/@?#]]+");

  private ProxyTunnel() {}

  /**
   * Has the proxy at the other end of a connection connect to a destination. Not a byte of what
   * follows its answer is read.
   *
   * @throws DialException if it does not
   */
  static void open(Socket connection, Proxy.Http proxy, Destination destination)
      throws IOException {
    connection.getOutputStream().write(request(proxy, destination));
    connection.getOutputStream().flush();
    String head = head(connection.getInputStream(), proxy);
    Matcher status = STATUS.matcher(head.lines().findFirst().orElse(""));
    if (!status.matches()) {
      throw refused("the proxy %s does not answer in HTTP; is it an HTTP proxy?", proxy);
    }
    int code = Integer.parseInt(status.group(1));
    if (code / 100 == 2) {
      return;
    }
    throw code == 407
        ? refused(
            proxy.credentials().isPresent()
                ? "the proxy %s does not accept the user and password of its URL (status 407)"
                : "the proxy %s wants a user and a password in its URL (status 407)",
            proxy)
        : refused(
            "the proxy %s answered CONNECT %s with status %d %s",
            proxy, destination.authority(), code, printable(status.group(2)));
  }

  /** So much of the proxy's words as a line of a log can bear. */
  private static String printable(@Nullable String words) {
    String text = words == null ? "" : words.replaceAll("[^\\x20-\\x7e]", "?");
    return text.length() > MAX_WORDS ? text.substring(0, MAX_WORDS) + "..." : text;
  }

  private static DialException refused(String sentence, Object... parts) {
    return new DialException(DialException.Reason.PROXY, sentence.formatted(parts).strip(), null);
  }

  private static byte[] request(Proxy.Http proxy, Destination destination) throws DialException {
    if (!HOST.matcher(destination.host()).matches()) {
      throw refused("a proxy cannot be asked for a host of such a name");
    }
    StringBuilder head = new StringBuilder();
    head.append("CONNECT ").append(destination.authority()).append(" HTTP/1.1\r\n");
    head.append("Host: ").append(destination.authority()).append("\r\n");
    head.append("User-Agent: tailjar\r\n");
    proxy
        .credentials()
        .ifPresent(
            who -> head.append("Proxy-Authorization: ").append(who.authorization()).append("\r\n"));
    return head.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII);
  }

  private static String head(InputStream in, Proxy.Http proxy) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n", Math.max(0, head.length() - 4)) < 0) {
      int next = in.read();
      if (next < 0) {
        throw refused("the proxy %s closed the connection instead of answering", proxy);
      }
      if (head.length() == MAX_HEAD_LENGTH) {
        throw refused("the proxy %s sends an endless answer", proxy);
      }
      head.append((char) next);
    }
    return head.toString();
  }
}
