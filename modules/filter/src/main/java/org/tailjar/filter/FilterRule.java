package org.tailjar.filter;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * One permission of the network map: who may reach what. A rule without protocols permits the
 * default ones, {@link #DEFAULT_PROTOCOLS}.
 *
 * @param sources addresses that packets may come from
 * @param destinations what they may reach
 * @param protocols IP protocol numbers, 0 to 255
 */
public record FilterRule(
    List<AddressRange> sources, List<Destination> destinations, Set<Integer> protocols) {

  /** What a rule permits when it names no protocol: TCP, UDP, ICMP and ICMPv6. */
  public static final Set<Integer> DEFAULT_PROTOCOLS = Set.of(6, 17, 1, 58);

  /** Everybody may reach everything by the default protocols: what a server without policy says. */
  public static final FilterRule ALLOW_ALL =
      new FilterRule(
          List.of(AddressRange.ANY),
          List.of(new Destination(List.of(AddressRange.ANY), 0, 65_535)),
          Set.of());

  /**
   * Copies the collections.
   *
   * @throws IllegalArgumentException when a protocol is not within 0 to 255
   */
  public FilterRule {
    sources = List.copyOf(sources);
    destinations = List.copyOf(destinations);
    protocols = protocols.isEmpty() ? DEFAULT_PROTOCOLS : Set.copyOf(protocols);
    for (int protocol : protocols) {
      if (protocol < 0 || protocol > 255) {
        throw new IllegalArgumentException("IP protocol " + protocol);
      }
    }
  }

  /**
   * Makes a rule of the textual forms of a network map. Sources of the form {@code cap:<name>} name
   * no address and are left out.
   *
   * @throws IllegalArgumentException when a source is malformed, see {@link AddressRange#parse}
   */
  public static FilterRule parse(
      List<String> sources, List<Destination> destinations, Set<Integer> protocols) {
    List<AddressRange> ranges = new ArrayList<>();
    for (String source : sources) {
      if (!source.startsWith("cap:")) {
        ranges.addAll(AddressRange.parse(source));
      }
    }
    return new FilterRule(ranges, destinations, protocols);
  }

  /**
   * Addresses and the ports that may be reached there.
   *
   * @param addresses where
   * @param firstPort first port, 0 to 65535
   * @param lastPort last port, included
   */
  public record Destination(List<AddressRange> addresses, int firstPort, int lastPort) {

    /**
     * Copies the list.
     *
     * @throws IllegalArgumentException when the ports are out of range or out of order
     */
    public Destination {
      addresses = List.copyOf(addresses);
      if (firstPort < 0 || lastPort > 65_535 || firstPort > lastPort) {
        throw new IllegalArgumentException("ports " + firstPort + " to " + lastPort);
      }
    }

    /**
     * Makes a destination of the textual form of its address.
     *
     * @throws IllegalArgumentException when a part is malformed, see {@link AddressRange#parse}
     */
    public static Destination parse(String address, int firstPort, int lastPort) {
      return new Destination(AddressRange.parse(address), firstPort, lastPort);
    }
  }
}
