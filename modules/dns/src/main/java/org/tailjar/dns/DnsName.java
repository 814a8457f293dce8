package org.tailjar.dns;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The name of a host or a domain, without regard to case (RFC 4343).
 *
 * @param text in small letters, without the dot at the end; empty for the root
 */
public record DnsName(String text) {

  /** The domain that has all names in it. */
  public static final DnsName ROOT = new DnsName("");

  private static final int MAX_LENGTH = 253;
  private static final int MAX_LABEL = 63;

  /** Puts it into its one form. */
  public DnsName {
    text = text.toLowerCase(Locale.ROOT);
    if (text.endsWith(".")) {
      text = text.substring(0, text.length() - 1);
    }
  }

  /**
   * A name that can be written on the wire and into a file.
   *
   * @return empty when it is none: empty labels, too long, or characters beyond ASCII's visible
   *     ones
   */
  public static Optional<DnsName> parse(String text) {
    DnsName name = new DnsName(text);
    if (name.text.isEmpty() || name.text.length() > MAX_LENGTH) {
      return Optional.empty();
    }
    for (String label : name.text.split("\\.", -1)) {
      if (label.isEmpty() || label.length() > MAX_LABEL) {
        return Optional.empty();
      }
    }
    return name.text.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '\\' && c != '#')
        ? Optional.of(name)
        : Optional.empty();
  }

  /** The name under which a reverse look-up finds an address (RFC 1035 3.5, RFC 3596 2.5). */
  public static DnsName reverse(InetAddress address) {
    List<String> labels = new ArrayList<>();
    byte[] bytes = address.getAddress();
    if (address instanceof Inet4Address) {
      for (byte b : bytes) {
        labels.addFirst(Integer.toString(b & 0xff));
      }
      return new DnsName(String.join(".", labels) + ".in-addr.arpa");
    }
    for (char digit : HexFormat.of().formatHex(bytes).toCharArray()) {
      labels.addFirst(String.valueOf(digit));
    }
    return new DnsName(String.join(".", labels) + ".ip6.arpa");
  }

  /** Whether it is that domain, or a name in it. */
  public boolean isWithin(DnsName domain) {
    if (domain.text.isEmpty() || text.equals(domain.text)) {
      return true;
    }
    int rest = text.length() - domain.text.length();
    return rest > 0 && text.charAt(rest - 1) == '.' && text.endsWith(domain.text);
  }

  /** The domain that it is in; the root's is the root. */
  public DnsName parent() {
    int dot = text.indexOf('.');
    return dot < 0 ? ROOT : new DnsName(text.substring(dot + 1));
  }

  /** Whether it is a single label. */
  public boolean isSingleLabel() {
    return !text.isEmpty() && text.indexOf('.') < 0;
  }

  /** The same with the dot at its end, as it is written where no search list is meant. */
  public String absolute() {
    return text + ".";
  }

  /** This name within a domain. */
  public DnsName in(DnsName domain) {
    return domain.text.isEmpty() ? this : new DnsName(text + "." + domain.text);
  }

  /** Bytes that it takes in a message, without compression. */
  int wireLength() {
    return text.isEmpty() ? 1 : text.getBytes(StandardCharsets.UTF_8).length + 2;
  }

  @Override
  public String toString() {
    return absolute();
  }
}
