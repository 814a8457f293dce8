package org.tailjar.magicsock;

import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The search for the best direct path to one peer: a state machine with no I/O and no clock. It
 * takes what arrived and the time, asks for messages by {@link Actions}, and says by {@link
 * #advance} when it wants to be called again. Times are nanoseconds as in {@link Times}.
 *
 * <p>A path is <em>trusted</em> for {@link Times#TRUST} after a pong. Without a trusted path
 * packets go by the relay as well, or by the relay alone. Owned by the first RX thread.
 */
final class PeerPaths {

  /** What the state machine wants sent. */
  interface Actions {
    /** A DISCO ping by UDP. */
    void ping(InetSocketAddress to, TransactionId id);

    /** A CallMeMaybe by the peer's relay. */
    void callMeMaybe();
  }

  static final int MAX_CANDIDATES = 100;

  /** So many pings may await their answers: each address once in a heartbeat, and some more. */
  static final int MAX_PINGS = 4 * MAX_CANDIDATES;

  private static final class Candidate {
    private final InetSocketAddress address;
    private boolean inMap;
    private boolean inCallMeMaybe;
    private long pingedAt = Times.NEVER;
    private long pongAt = Times.NEVER;
    private long learnedAt;
    private @Nullable TransactionId lastPingFrom;

    private Candidate(InetSocketAddress address, long now) {
      this.address = address;
      this.learnedAt = now;
    }
  }

  private record SentPing(InetSocketAddress to, long at) {}

  private final RandomGenerator random;
  private final Actions actions;
  private final Map<InetSocketAddress, Candidate> candidates = new LinkedHashMap<>();
  private final Map<TransactionId, SentPing> sent = new HashMap<>();
  private @Nullable AddressQuality best;
  private long trustedUntil = Times.NEVER;
  private long lastDiscovery = Times.NEVER;
  private long heartbeatAt = Times.NONE;
  private boolean relayKnown;

  PeerPaths(RandomGenerator random, Actions actions) {
    this.random = random;
    this.actions = actions;
  }

  /** The address in use; null when there is none. */
  @Nullable InetSocketAddress best() {
    AddressQuality inUse = best;
    return inUse == null ? null : inUse.address();
  }

  private boolean isBest(InetSocketAddress address) {
    return address.equals(best());
  }

  /** How many addresses and pings are remembered. */
  int size() {
    return candidates.size() + sent.size();
  }

  /** Round trip of the address in use, in nanoseconds; 0 when there is none. */
  long bestLatency() {
    AddressQuality inUse = best;
    return inUse == null ? 0 : inUse.latency();
  }

  /** Whether the address in use needs no relay beside it. */
  boolean trusted(long now) {
    return best != null && now < trustedUntil;
  }

  /** Whether packets were sent lately, so that the paths are kept alive. */
  boolean active() {
    return heartbeatAt != Times.NONE;
  }

  /** Takes the peer's endpoints from the network map, and whether it can be reached by a relay. */
  void map(List<InetSocketAddress> endpoints, boolean relay, long now) {
    relayKnown = relay;
    candidates.values().forEach(candidate -> candidate.inMap = false);
    boolean fresh = false;
    for (InetSocketAddress endpoint : endpoints) {
      fresh |= !candidates.containsKey(endpoint);
      candidate(endpoint, now).inMap = true;
    }
    candidates
        .values()
        .removeIf(
            candidate ->
                !candidate.inMap
                    && !candidate.inCallMeMaybe
                    && candidate.lastPingFrom == null
                    && !(isBest(candidate.address) && trusted(now)));
    if (best != null && !candidates.containsKey(best.address())) {
      best = null;
    }
    if (fresh && active() && !trusted(now)) {
      discover(now, true);
    }
  }

  /** A packet is being sent to the peer: keeps the paths alive from now on. */
  void sending(long now) {
    if (active()) {
      return;
    }
    heartbeatAt = now + Times.HEARTBEAT;
    if (needsDiscovery(now)) {
      discover(now, true);
    }
  }

  /**
   * Takes a ping that came by UDP.
   *
   * @return whether to answer it; false when it is a duplicate
   */
  boolean pinged(InetSocketAddress from, TransactionId id, long now) {
    Candidate candidate = candidate(from, now);
    if (id.equals(candidate.lastPingFrom)) {
      return false;
    }
    candidate.lastPingFrom = id;
    candidate.learnedAt = now;
    // Its packet came through, so ours may now find the way open: do not wait for the heartbeat.
    if (active() && !trusted(now) && now - candidate.pingedAt >= Times.ANSWERING_PING_INTERVAL) {
      ping(candidate, now);
    }
    return true;
  }

  /** A WireGuard message of the peer came from there and was authentic. */
  void confirmed(InetSocketAddress from, long now) {
    if (!candidates.containsKey(from)) {
      Candidate candidate = candidate(from, now);
      // Stands for a ping: it is a source and not to be forgotten with the next map.
      candidate.lastPingFrom = TransactionId.random(random);
      if (active() && !trusted(now)) {
        ping(candidate, now);
      }
    }
  }

  /**
   * Takes a pong.
   *
   * @return whether it answers a ping of this state machine
   */
  boolean pong(TransactionId id, long now) {
    SentPing ping = sent.remove(id);
    if (ping == null) {
      return false;
    }
    // The address that was pinged counts, not the one that answered: that is where packets go.
    Candidate candidate = candidates.get(ping.to);
    if (candidate == null) {
      return true;
    }
    candidate.pongAt = now;
    AddressQuality measured = new AddressQuality(ping.to, now - ping.at);
    AddressQuality inUse = best;
    if (inUse == null
        || inUse.address().equals(ping.to)
        || !trusted(now)
        || measured.isBetterThan(inUse)) {
      best = measured;
      trustedUntil = now + Times.TRUST;
    }
    return true;
  }

  /** Takes a CallMeMaybe: the peer has just pinged us, so that its NAT lets our pings in. */
  void callMeMaybe(List<InetSocketAddress> endpoints, long now) {
    candidates.values().forEach(candidate -> candidate.inCallMeMaybe = false);
    for (InetSocketAddress endpoint : endpoints) {
      if (!isLinkLocalV6(endpoint)) {
        candidate(endpoint, now).inCallMeMaybe = true;
      }
    }
    candidates.values().forEach(candidate -> candidate.pingedAt = Times.NEVER);
    discover(now, false);
  }

  /** The kernel refused to send to an address: it is not trusted any more. */
  void sendFailed(InetSocketAddress to, long now) {
    if (isBest(to) && trusted(now)) {
      trustedUntil = now;
    }
  }

  /** The peer has started anew: what was learned of it does not hold. */
  void reset() {
    candidates.values().removeIf(candidate -> !candidate.inMap);
    for (Candidate candidate : candidates.values()) {
      candidate.inCallMeMaybe = false;
      candidate.pingedAt = Times.NEVER;
      candidate.pongAt = Times.NEVER;
      candidate.lastPingFrom = null;
    }
    sent.clear();
    best = null;
    trustedUntil = Times.NEVER;
    lastDiscovery = Times.NEVER;
    heartbeatAt = Times.NONE;
  }

  /** Doubts the address in use: this node's own network has changed. */
  void doubt(long now) {
    trustedUntil = Math.min(trustedUntil, now);
    candidates.values().forEach(candidate -> candidate.pingedAt = Times.NEVER);
    if (active()) {
      discover(now, true);
    }
  }

  /**
   * Does what is due.
   *
   * @param lastSend when a packet was last sent to the peer
   * @return when to call again, {@link Times#NONE} if time alone changes nothing
   */
  long advance(long now, long lastSend) {
    expirePings(now);
    if (now >= heartbeatAt) {
      heartbeat(now, lastSend);
    }
    return nextDeadline(now);
  }

  private void expirePings(long now) {
    for (Iterator<SentPing> pings = sent.values().iterator(); pings.hasNext(); ) {
      SentPing ping = pings.next();
      if (now - ping.at >= Times.PING_TIMEOUT) {
        pings.remove();
        if (isBest(ping.to) && !trusted(now)) {
          best = null;
        }
      }
    }
  }

  private void heartbeat(long now, long lastSend) {
    if (now - lastSend > Times.SESSION_ACTIVE) {
      heartbeatAt = Times.NONE;
      return;
    }
    heartbeatAt = now + Times.HEARTBEAT;
    Candidate current = best == null ? null : candidates.get(best.address());
    if (current != null) {
      ping(current, now);
    }
    if (needsDiscovery(now)) {
      discover(now, true);
    }
  }

  private boolean needsDiscovery(long now) {
    return !trusted(now)
        || lastDiscovery == Times.NEVER
        || (bestLatency() > Times.GOOD_ENOUGH_LATENCY
            && now - lastDiscovery >= Times.UPGRADE_INTERVAL);
  }

  private void discover(long now, boolean askBack) {
    lastDiscovery = now;
    boolean any = false;
    for (Candidate candidate : candidates.values()) {
      if (now - candidate.pingedAt >= Times.PING_INTERVAL) {
        ping(candidate, now);
        any = true;
      }
    }
    if (any && askBack && relayKnown) {
      actions.callMeMaybe();
    }
  }

  private void ping(Candidate candidate, long now) {
    if (sent.size() >= MAX_PINGS) {
      // A peer that calls without end is not to make us send, and remember, as much.
      return;
    }
    TransactionId id = TransactionId.random(random);
    candidate.pingedAt = now;
    sent.put(id, new SentPing(candidate.address, now));
    actions.ping(candidate.address, id);
  }

  private long nextDeadline(long now) {
    long next = heartbeatAt;
    for (SentPing ping : sent.values()) {
      next = Math.min(next, ping.at + Times.PING_TIMEOUT);
    }
    return trusted(now) ? Math.min(next, trustedUntil) : next;
  }

  private Candidate candidate(InetSocketAddress address, long now) {
    Candidate known = candidates.get(address);
    if (known != null) {
      return known;
    }
    if (candidates.size() >= MAX_CANDIDATES) {
      forgetOne();
    }
    Candidate added = new Candidate(address, now);
    candidates.put(address, added);
    return added;
  }

  /** Makes room: the one that is neither in use nor in the map and was of no use for longest. */
  private void forgetOne() {
    List<Candidate> all = new ArrayList<>(candidates.values());
    all.stream()
        .filter(candidate -> !isBest(candidate.address))
        .min(
            Comparator.comparing((Candidate candidate) -> candidate.inMap)
                .thenComparingLong(candidate -> Math.max(candidate.pongAt, candidate.learnedAt)))
        .ifPresent(candidate -> candidates.remove(candidate.address));
  }

  private static boolean isLinkLocalV6(InetSocketAddress address) {
    return address.getAddress() instanceof Inet6Address
        && address.getAddress().isLinkLocalAddress();
  }
}
