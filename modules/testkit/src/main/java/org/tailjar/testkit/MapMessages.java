package org.tailjar.testkit;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.tailjar.headscale.DerpMapWire;
import org.tailjar.headscale.DnsConfig;
import org.tailjar.headscale.DnsResolver;
import org.tailjar.headscale.FilterRuleWire;
import org.tailjar.headscale.KeyExpiry;
import org.tailjar.headscale.MapResponse;
import org.tailjar.headscale.Node;
import org.tailjar.headscale.PeerChange;
import org.tailjar.headscale.UserProfile;

/** The messages of a map stream that a Headscale sends. */
final class MapMessages {

  private static final UserProfile PROFILE =
      new UserProfile(RegisteredNode.USER, "test", "Test", null);

  /** What Headscale sends when it has no policy. */
  static final List<FilterRuleWire> ALLOW_ALL = List.of(FilterRules.allow("*", "*"));

  private MapMessages() {}

  /** MagicDNS for a domain and the reverse zones of all addresses, and no other resolver. */
  static DnsConfig magicDns(String domain) {
    Map<String, List<DnsResolver>> routes = new TreeMap<>();
    routes.put("0.e.1.a.c.5.1.1.a.7.d.f.ip6.arpa", List.of());
    for (int second = 64; second < 128; second++) {
      routes.put(second + ".100.in-addr.arpa", List.of());
    }
    return new DnsConfig(null, routes, null, List.of(domain), true, null, null);
  }

  static MapResponse full(
      Node self,
      List<Node> peers,
      DerpMapWire derpMap,
      List<FilterRuleWire> filter,
      DnsConfig dns,
      String domain,
      Instant now) {
    return new MapResponse(
        false,
        null,
        null,
        self,
        derpMap,
        peers.isEmpty() ? null : peers,
        null,
        null,
        null,
        null,
        null,
        dns,
        domain,
        null,
        Map.of("base", filter),
        List.of(PROFILE),
        null,
        now,
        null);
  }

  static MapResponse keepAlive(Instant now) {
    return message(true, null, null, null, null, null, null, now);
  }

  static MapResponse self(Node self, Instant now) {
    return message(false, self, null, null, null, null, null, now);
  }

  static MapResponse changed(Node peer, Instant now) {
    return message(false, null, List.of(peer), null, null, null, null, now);
  }

  /** With the filter, since its rules may have named the peer. */
  static MapResponse removed(long peer, List<FilterRuleWire> filter, DnsConfig dns, Instant now) {
    return message(false, null, null, List.of(peer), null, dns, Map.of("base", filter), now);
  }

  static MapResponse patched(PeerChange change, Instant now) {
    return message(false, null, null, null, List.of(change), null, null, now);
  }

  static MapResponse dns(DnsConfig dns, Instant now) {
    return message(false, null, null, null, null, dns, null, now);
  }

  static MapResponse filter(List<FilterRuleWire> filter, DnsConfig dns, Instant now) {
    return message(false, null, null, null, null, dns, Map.of("base", filter), now);
  }

  static PeerChange online(RegisteredNode node) {
    return new PeerChange(node.id, 0, 0, null, null, null, null, node.online, null, null);
  }

  static PeerChange endpoints(RegisteredNode node) {
    return new PeerChange(node.id, 0, 0, null, node.endpoints, null, null, null, null, null);
  }

  static PeerChange keyExpiry(RegisteredNode node) {
    return new PeerChange(node.id, 0, 0, null, null, null, null, null, null, expiry(node));
  }

  static PeerChange keyRotated(RegisteredNode node) {
    return new PeerChange(
        node.id, 0, 0, null, node.endpoints, node.nodeKey, node.discoKey, null, null, expiry(node));
  }

  private static KeyExpiry expiry(RegisteredNode node) {
    return new KeyExpiry(node.expiry);
  }

  private static MapResponse message(
      boolean keepAlive,
      @Nullable Node self,
      @Nullable List<Node> changed,
      @Nullable List<Long> removed,
      @Nullable List<PeerChange> patch,
      @Nullable DnsConfig dns,
      @Nullable Map<String, List<FilterRuleWire>> filters,
      Instant now) {
    return new MapResponse(
        keepAlive,
        null,
        null,
        self,
        null,
        null,
        changed,
        removed,
        patch,
        null,
        null,
        dns,
        null,
        null,
        filters,
        changed == null ? null : List.of(PROFILE),
        null,
        now,
        null);
  }
}
