package org.tailjar.headscale;

import io.avaje.jsonb.Json;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One message of the map stream. Absent, null and zero mean "unchanged", unless a component says
 * otherwise.
 *
 * @param keepAlive nothing but a sign of life
 * @param pingRequest a question to answer
 * @param popBrowserUrl a page to show to the user
 * @param node this node
 * @param derpMap the relays
 * @param peers every peer; empty is unchanged too
 * @param peersChanged peers that are new or changed
 * @param peersRemoved numbers of peers that are gone
 * @param peersChangedPatch small changes of peers
 * @param peerSeenChange by node number: whether it was seen just now
 * @param onlineChange by node number: whether it is online
 * @param dnsConfig the whole DNS configuration
 * @param domain the tailnet's name
 * @param packetFilter the packet filter named "base"; empty denies all
 * @param packetFilters packet filters by name; null removes one, "*" with null removes all
 * @param userProfiles users, merged by number
 * @param health what the server finds wrong; empty clears
 * @param controlTime the server's clock
 * @param debug orders from the server
 */
@Json
public record MapResponse(
    @Json.Property("KeepAlive") boolean keepAlive,
    @Json.Property("PingRequest") @Nullable PingRequest pingRequest,
    @Json.Property("PopBrowserURL") @Nullable String popBrowserUrl,
    @Json.Property("Node") @Nullable Node node,
    @Json.Property("DERPMap") @Nullable DerpMapWire derpMap,
    @Json.Property("Peers") @Nullable List<Node> peers,
    @Json.Property("PeersChanged") @Nullable List<Node> peersChanged,
    @Json.Property("PeersRemoved") @Nullable List<Long> peersRemoved,
    @Json.Property("PeersChangedPatch") @Nullable List<PeerChange> peersChangedPatch,
    @Json.Property("PeerSeenChange") @Nullable Map<String, Boolean> peerSeenChange,
    @Json.Property("OnlineChange") @Nullable Map<String, Boolean> onlineChange,
    @Json.Property("DNSConfig") @Nullable DnsConfig dnsConfig,
    @Json.Property("Domain") @Nullable String domain,
    @Json.Property("PacketFilter") @Nullable List<FilterRuleWire> packetFilter,
    @Json.Property("PacketFilters") @Nullable Map<String, List<FilterRuleWire>> packetFilters,
    @Json.Property("UserProfiles") @Nullable List<UserProfile> userProfiles,
    @Json.Property("Health") @Nullable List<String> health,
    @Json.Property("ControlTime") @Nullable Instant controlTime,
    @Json.Property("Debug") @Nullable Debug debug) {

  /** Makes the collections unmodifiable. */
  public MapResponse {
    peers = Copies.of(peers);
    peersChanged = Copies.of(peersChanged);
    peersRemoved = Copies.of(peersRemoved);
    peersChangedPatch = Copies.of(peersChangedPatch);
    peerSeenChange = Copies.of(peerSeenChange);
    onlineChange = Copies.of(onlineChange);
    packetFilter = Copies.of(packetFilter);
    packetFilters = Copies.of(packetFilters);
    userProfiles = Copies.of(userProfiles);
    health = Copies.of(health);
  }
}
