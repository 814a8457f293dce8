package org.tailjar.headscale;

import io.avaje.jsonb.Json;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.DiscoPublicKey;
import org.tailjar.crypto.MachinePublicKey;
import org.tailjar.crypto.NodePublicKey;

/**
 * A node of the tailnet: this one or a peer.
 *
 * @param id the number, unique on the server
 * @param stableId the number as text
 * @param name the full DNS name with its trailing dot
 * @param user who owns it
 * @param key the WireGuard and DERP identity
 * @param keyExpiry when the key expires; null never
 * @param machine the machine key
 * @param discoKey the DISCO key of its running process
 * @param addresses its own addresses as prefixes
 * @param allowedIps what it may send and receive, as prefixes; null only on the wire: the same as
 *     its addresses
 * @param endpoints where it may be reached directly, as ip:port
 * @param legacyDerp the home region as 127.3.3.40:region, from old servers
 * @param homeDerp the home region; 0 is unknown
 * @param hostinfo what it says of itself
 * @param created when it joined
 * @param cap its capability version; Headscale sends the viewer's own
 * @param tags its tags
 * @param primaryRoutes the routes that it serves
 * @param lastSeen when it was last online
 * @param online whether it is online; null is unknown
 * @param machineAuthorized whether it is approved
 * @param capMap its attributes, with their arguments
 * @param unsignedPeerApiOnly whether it may not carry packets
 * @param expired whether its key is expired
 * @param isWireGuardOnly whether it speaks neither DISCO nor DERP
 * @param isJailed whether it may not open connections to this node
 */
@Json
public record Node(
    @Json.Property("ID") long id,
    @Json.Property("StableID") @Nullable String stableId,
    @Json.Property("Name") String name,
    @Json.Property("User") long user,
    @Json.Property("Key") NodePublicKey key,
    @Json.Property("KeyExpiry") @Nullable Instant keyExpiry,
    @Json.Property("Machine") @Nullable MachinePublicKey machine,
    @Json.Property("DiscoKey") @Nullable DiscoPublicKey discoKey,
    @Json.Property("Addresses") List<String> addresses,
    @Json.Property("AllowedIPs") @Nullable List<String> allowedIps,
    @Json.Property("Endpoints") @Nullable List<String> endpoints,
    @Json.Property("DERP") @Nullable String legacyDerp,
    @Json.Property("HomeDERP") int homeDerp,
    @Json.Property("Hostinfo") @Nullable Hostinfo hostinfo,
    @Json.Property("Created") @Nullable Instant created,
    @Json.Property("Cap") int cap,
    @Json.Property("Tags") @Nullable List<String> tags,
    @Json.Property("PrimaryRoutes") @Nullable List<String> primaryRoutes,
    @Json.Property("LastSeen") @Nullable Instant lastSeen,
    @Json.Property("Online") @Nullable Boolean online,
    @Json.Property("MachineAuthorized") boolean machineAuthorized,
    @Json.Property("CapMap") @Nullable Map<String, List<Object>> capMap,
    @Json.Property("UnsignedPeerAPIOnly") boolean unsignedPeerApiOnly,
    @Json.Property("Expired") boolean expired,
    @Json.Property("IsWireGuardOnly") boolean isWireGuardOnly,
    @Json.Property("IsJailed") boolean isJailed) {

  /** Makes the collections unmodifiable; what a server leaves out is empty. */
  public Node {
    name = Copies.orEmpty(name);
    key = key == null ? NodePublicKey.ZERO : key;
    addresses = Copies.orEmpty(addresses);
    allowedIps = Copies.of(allowedIps);
    endpoints = Copies.of(endpoints);
    tags = Copies.of(tags);
    primaryRoutes = Copies.of(primaryRoutes);
    capMap = Copies.of(capMap);
  }
}
