package org.tailjar.dns;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The content of a resolv.conf (resolv.conf(5)), as far as it matters here. Text is one character a
 * byte, so that what is not understood survives as it is.
 *
 * @param nameservers whom the system asks
 * @param search its search list, as written
 * @param options lines that are kept as they are
 */
record ResolvConf(List<InetAddress> nameservers, List<String> search, List<String> options) {

  private static final String HEADER =
      "# Written by tailjar: the names of the tailnet are answered here, all others are asked of"
          + " the nameservers below.\n"
          + "# When tailjar stops it puts the former content back.\n";
  private static final String FORMER = "# The former content, each line behind \"#|\":";
  private static final String LINE = "#|";
  private static final String END = "# tailjar: end of the former content";
  private static final String FIRST_LINE = HEADER.substring(0, HEADER.indexOf('\n'));

  static ResolvConf parse(String text) {
    List<InetAddress> nameservers = new ArrayList<>();
    List<String> search = List.of();
    List<String> options = new ArrayList<>();
    for (String line : text.lines().toList()) {
      String[] words = line.strip().split("\\s+");
      switch (words[0]) {
        case "nameserver" -> {
          if (words.length > 1) {
            address(words[1]).ifPresent(nameservers::add);
          }
        }
        case "search", "domain" -> search = List.of(words).subList(1, words.length); // last wins
        case "options", "sortlist" -> options.add(line.strip());
        default -> {
          // a comment, or what the C library does not understand either
        }
      }
    }
    return new ResolvConf(List.copyOf(nameservers), search, List.copyOf(options));
  }

  private static Optional<InetAddress> address(String text) {
    try {
      return Optional.of(InetAddress.ofLiteral(text));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Whether we wrote that, all of it or its beginning. */
  static boolean isOurs(String text) {
    return text.startsWith(FIRST_LINE);
  }

  /** Whether a write of ours over something else, or the other way round, came to half an end. */
  static boolean isTorn(String text) {
    return isOurs(text) ? former(text).isEmpty() : text.contains(END);
  }

  /** What is left of a torn content without our comments; the best there is without a copy. */
  static String withoutOurs(String torn) {
    StringBuilder text = new StringBuilder();
    for (String line : torn.lines().toList()) {
      if (!line.startsWith(LINE)
          && !line.startsWith(END)
          && !line.startsWith(FORMER)
          && HEADER.lines().noneMatch(line::equals)) {
        text.append(line).append('\n');
      }
    }
    return text.toString();
  }

  /**
   * The content that makes the system ask the service alone. Another nameserver beside it would be
   * asked at the same time by musl, and the faster answer would win.
   *
   * @param former what is there now; kept in it
   */
  static String serving(String former, InetAddress service, List<DnsName> searchDomains) {
    ResolvConf before = parse(former);
    Set<String> search = new LinkedHashSet<>();
    searchDomains.forEach(domain -> search.add(domain.text()));
    before.search.stream().filter(domain -> !domain.equals(".")).forEach(search::add);
    StringBuilder text = new StringBuilder(HEADER);
    text.append("nameserver ").append(service.getHostAddress()).append('\n');
    if (!search.isEmpty()) {
      text.append("search ").append(String.join(" ", search)).append('\n');
    }
    before.options.forEach(line -> text.append(line).append('\n'));
    text.append(FORMER).append('\n');
    for (String line : former.split("\n", -1)) {
      text.append(LINE).append(line).append('\n');
    }
    return text.append(END).append('\n').toString();
  }

  /** The content that was there before {@link #serving}; empty when it is not all there. */
  static Optional<String> former(String ours) {
    // the whole line: an option or a search domain that we kept may end with the same words
    String before = "\n" + FORMER + "\n";
    int start = ours.indexOf(before);
    if (!isOurs(ours) || start < 0) {
      return Optional.empty();
    }
    List<String> lines = new ArrayList<>();
    for (String line : ours.substring(start + before.length()).split("\n", -1)) {
      if (line.equals(END)) {
        return Optional.of(String.join("\n", lines));
      }
      if (!line.startsWith(LINE)) {
        return Optional.empty();
      }
      lines.add(line.substring(LINE.length()));
    }
    return Optional.empty();
  }
}
