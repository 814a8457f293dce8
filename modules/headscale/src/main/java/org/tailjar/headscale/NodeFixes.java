package org.tailjar.headscale;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Nodes as they are meant rather than as they are sent, and nodes with single changes. */
final class NodeFixes {

  /** How servers before HomeDERP wrote a region: this address, and the region as its port. */
  private static final String LEGACY_DERP = "127.3.3.40:";

  private NodeFixes() {}

  /** What every node in a message needs before it is believed. */
  static Node apply(Node n) {
    int homeDerp = n.homeDerp() == 0 ? legacyRegion(n.legacyDerp()) : n.homeDerp();
    List<String> allowedIps =
        n.unsignedPeerApiOnly()
            ? List.of()
            : n.allowedIps() == null ? n.addresses() : n.allowedIps();
    return new Node(
        n.id(),
        n.stableId(),
        n.name(),
        n.user(),
        n.key(),
        n.keyExpiry(),
        n.machine(),
        n.discoKey(),
        n.addresses(),
        allowedIps,
        n.endpoints(),
        n.legacyDerp(),
        homeDerp,
        n.hostinfo(),
        n.created(),
        n.cap(),
        n.tags(),
        n.primaryRoutes(),
        n.lastSeen(),
        n.online(),
        n.machineAuthorized(),
        n.capMap(),
        n.unsignedPeerApiOnly(),
        n.expired(),
        n.isWireGuardOnly(),
        n.isJailed());
  }

  static Node seen(Node n, @Nullable Instant lastSeen) {
    return new Node(
        n.id(),
        n.stableId(),
        n.name(),
        n.user(),
        n.key(),
        n.keyExpiry(),
        n.machine(),
        n.discoKey(),
        n.addresses(),
        n.allowedIps(),
        n.endpoints(),
        n.legacyDerp(),
        n.homeDerp(),
        n.hostinfo(),
        n.created(),
        n.cap(),
        n.tags(),
        n.primaryRoutes(),
        lastSeen,
        n.online(),
        n.machineAuthorized(),
        n.capMap(),
        n.unsignedPeerApiOnly(),
        n.expired(),
        n.isWireGuardOnly(),
        n.isJailed());
  }

  static Node online(Node n, @Nullable Boolean online) {
    return new Node(
        n.id(),
        n.stableId(),
        n.name(),
        n.user(),
        n.key(),
        n.keyExpiry(),
        n.machine(),
        n.discoKey(),
        n.addresses(),
        n.allowedIps(),
        n.endpoints(),
        n.legacyDerp(),
        n.homeDerp(),
        n.hostinfo(),
        n.created(),
        n.cap(),
        n.tags(),
        n.primaryRoutes(),
        n.lastSeen(),
        online,
        n.machineAuthorized(),
        n.capMap(),
        n.unsignedPeerApiOnly(),
        n.expired(),
        n.isWireGuardOnly(),
        n.isJailed());
  }

  static Node patch(Node n, PeerChange p) {
    return new Node(
        n.id(),
        n.stableId(),
        n.name(),
        n.user(),
        p.key() == null ? n.key() : p.key(),
        p.keyExpiry() == null ? n.keyExpiry() : p.keyExpiry(),
        n.machine(),
        p.discoKey() == null ? n.discoKey() : p.discoKey(),
        n.addresses(),
        n.allowedIps(),
        p.endpoints() == null ? n.endpoints() : p.endpoints(),
        n.legacyDerp(),
        p.derpRegion() == 0 ? n.homeDerp() : p.derpRegion(),
        n.hostinfo(),
        n.created(),
        p.cap() == 0 ? n.cap() : p.cap(),
        n.tags(),
        n.primaryRoutes(),
        p.lastSeen() == null ? n.lastSeen() : p.lastSeen(),
        p.online() == null ? n.online() : p.online(),
        n.machineAuthorized(),
        p.capMap() == null ? n.capMap() : p.capMap(),
        n.unsignedPeerApiOnly(),
        n.expired(),
        n.isWireGuardOnly(),
        n.isJailed());
  }

  private static int legacyRegion(@Nullable String derp) {
    if (derp == null || !derp.startsWith(LEGACY_DERP)) {
      return 0;
    }
    try {
      return Integer.parseInt(derp.substring(LEGACY_DERP.length()));
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
