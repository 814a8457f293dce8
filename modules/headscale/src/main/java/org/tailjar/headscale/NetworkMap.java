package org.tailjar.headscale;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Everything that the control server said, merged; immutable. Each message of the map stream makes
 * a new one: {@link #of} the first, {@link #with} every other.
 *
 * @param self this node
 * @param peersById the peers by node number, in its order
 * @param derpMap the relays
 * @param dnsConfig the DNS configuration
 * @param packetFilters the rules of the packet filter by the name of their part; no rule denies all
 * @param userProfiles the users by their number
 * @param domain the tailnet's name
 * @param health what the server finds wrong with this node
 * @param clockAhead how far this machine's clock is ahead of the server's; zero below a minute
 */
public record NetworkMap(
    Node self,
    SortedMap<Long, Node> peersById,
    @Nullable DerpMapWire derpMap,
    @Nullable DnsConfig dnsConfig,
    SortedMap<String, List<FilterRuleWire>> packetFilters,
    SortedMap<Long, UserProfile> userProfiles,
    @Nullable String domain,
    List<String> health,
    Duration clockAhead) {

  /** A difference of clocks below this is a network's delay, not a wrong clock. */
  static final Duration CLOCK_TOLERANCE = Duration.ofMinutes(1);

  /** Makes the collections unmodifiable; they are not to be changed by whoever made them. */
  public NetworkMap {
    peersById = Collections.unmodifiableSortedMap(peersById);
    packetFilters = Collections.unmodifiableSortedMap(packetFilters);
    userProfiles = Collections.unmodifiableSortedMap(userProfiles);
    health = List.copyOf(health);
  }

  /**
   * The map that the first message of a stream makes.
   *
   * @param now this machine's clock
   * @throws ControlException if the message does not say who this node is
   */
  public static NetworkMap of(MapResponse first, Instant now) throws ControlException {
    @Nullable Node self = first.node();
    if (self == null || self.key().isZero()) {
      throw new ControlException("the server's first map message does not name this node");
    }
    NetworkMap empty =
        new NetworkMap(
            self,
            new TreeMap<>(),
            null,
            null,
            new TreeMap<>(),
            new TreeMap<>(),
            null,
            List.of(),
            Duration.ZERO);
    return NetworkMapMerger.merge(empty, first, now);
  }

  /**
   * The map after one more message; a message of which nothing is new returns this very object.
   *
   * @param now this machine's clock
   */
  public NetworkMap with(MapResponse message, Instant now) {
    if (message.keepAlive()) {
      return this;
    }
    NetworkMap merged = NetworkMapMerger.merge(this, message, now);
    return merged.equals(this) ? this : merged;
  }

  /** The peers in the order of their numbers. */
  public Collection<Node> peers() {
    return peersById.values();
  }

  /** The rules of the packet filter: those of its parts, in the order of the parts' names. */
  public List<FilterRuleWire> packetFilter() {
    List<FilterRuleWire> rules = new ArrayList<>();
    packetFilters.values().forEach(rules::addAll);
    return List.copyOf(rules);
  }

  /**
   * Whether a node's key is expired.
   *
   * @param now this machine's clock, which the server's corrects
   */
  public boolean isExpired(Node node, Instant now) {
    return node.expired()
        || (node.keyExpiry() != null && !node.keyExpiry().isAfter(now.minus(clockAhead)));
  }

  /**
   * How long until a node's key expires; empty when it never will, or already has.
   *
   * @param now this machine's clock, which the server's corrects
   */
  public Optional<Duration> timeToExpiry(Node node, Instant now) {
    return node.keyExpiry() == null || isExpired(node, now)
        ? Optional.empty()
        : Optional.of(Duration.between(now.minus(clockAhead), node.keyExpiry()));
  }

  /**
   * How long until the next key of a peer expires; empty when none will.
   *
   * @param now this machine's clock, which the server's corrects
   */
  public Optional<Duration> timeToPeersExpiry(Instant now) {
    return peers().stream()
        .flatMap(peer -> timeToExpiry(peer, now).stream())
        .min(Comparator.naturalOrder());
  }

  /** The JSON of a map response that makes this very map, to be stored. */
  public byte[] toJson() {
    return WireJson.encode(NetworkMapMerger.asResponse(this));
  }

  /**
   * Reads what {@link #toJson} wrote. The difference of clocks is not part of it.
   *
   * @throws ControlException if it is something else
   */
  public static NetworkMap fromJson(byte[] json) throws ControlException {
    return of(WireJson.decode(MapResponse.class, json), Instant.EPOCH);
  }
}
