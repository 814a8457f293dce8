package org.tailjar.testkit;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tailjar.headscale.DerpMapWire;
import org.tailjar.headscale.DnsConfig;
import org.tailjar.headscale.FilterRuleWire;
import org.tailjar.headscale.MapResponse;
import org.tailjar.headscale.NetPortRange;
import org.tailjar.headscale.Node;
import org.tailjar.headscale.PeerChange;
import org.tailjar.headscale.PortRange;
import org.tailjar.headscale.UserProfile;

/** The messages of a map stream that a Headscale sends. */
final class MapMessages {

  private static final UserProfile PROFILE =
      new UserProfile(RegisteredNode.USER, "test", "Test", null);

  /** What Headscale sends when it has no policy. */
  static final List<FilterRuleWire> ALLOW_ALL =
      List.of(
          new FilterRuleWire(
              List.of("*"),
              null,
              List.of(new NetPortRange("*", null, new PortRange(0, 0xFFFF))),
              null,
              null));

  private MapMessages() {}

  static MapResponse full(
      Node self,
      List<Node> peers,
      DerpMapWire derpMap,
      List<FilterRuleWire> filter,
      String domain,
      Instant now) {
    DnsConfig dns = new DnsConfig(null, Map.of(), null, List.of(domain), true, null, null);
    return new MapResponse(
        false,
        null,
        null,
        self,
        derpMap,
        peers,
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
    return message(true, null, null, null, null, null, now);
  }

  static MapResponse self(Node self, Instant now) {
    return message(false, self, null, null, null, null, now);
  }

  static MapResponse changed(Node peer, Instant now) {
    return message(false, null, List.of(peer), null, null, null, now);
  }

  static MapResponse removed(long peer, Instant now) {
    return message(false, null, null, List.of(peer), null, null, now);
  }

  static MapResponse patched(PeerChange change, Instant now) {
    return message(false, null, null, null, List.of(change), null, now);
  }

  static MapResponse filter(List<FilterRuleWire> filter, Instant now) {
    return message(false, null, null, null, null, Map.of("base", filter), now);
  }

  private static MapResponse message(
      boolean keepAlive,
      @Nullable Node self,
      @Nullable List<Node> changed,
      @Nullable List<Long> removed,
      @Nullable List<PeerChange> patch,
      @Nullable Map<String, List<FilterRuleWire>> filters,
      Instant now) {
    return new MapResponse(
        keepAlive, null, null, self, null, null, changed, removed, patch, null, null, null, null,
        null, filters, null, null, now, null);
  }
}
