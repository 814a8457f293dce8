package org.tailjar.headscale;

import io.avaje.jsonb.Json;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.DiscoPublicKey;
import org.tailjar.crypto.NodePublicKey;

/**
 * A small change of a peer; absent components are unchanged.
 *
 * @param nodeId which peer
 * @param derpRegion the new home region
 * @param cap the new capability version
 * @param capMap the new attributes
 * @param endpoints the new endpoints
 * @param key the new node key
 * @param discoKey the new DISCO key
 * @param online whether it is online
 * @param lastSeen when it was last seen
 * @param keyExpiry when its key expires; here alone the zero time is not the same as none
 */
@Json
public record PeerChange(
    @Json.Property("NodeID") long nodeId,
    @Json.Property("DERPRegion") int derpRegion,
    @Json.Property("Cap") int cap,
    @Json.Property("CapMap") @Nullable Map<String, List<Object>> capMap,
    @Json.Property("Endpoints") @Nullable List<String> endpoints,
    @Json.Property("Key") @Nullable NodePublicKey key,
    @Json.Property("DiscoKey") @Nullable DiscoPublicKey discoKey,
    @Json.Property("Online") @Nullable Boolean online,
    @Json.Property("LastSeen") @Nullable Instant lastSeen,
    @Json.Property("KeyExpiry") @Nullable KeyExpiry keyExpiry) {

  /** Makes the collections unmodifiable. */
  public PeerChange {
    capMap = Copies.of(capMap);
    endpoints = Copies.of(endpoints);
  }
}
