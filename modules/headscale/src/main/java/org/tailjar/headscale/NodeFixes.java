package org.tailjar.headscale;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.DiscoPublicKey;
import org.tailjar.crypto.NodePublicKey;

/** Nodes as they are meant rather than as they are sent, and nodes with single changes. */
final class NodeFixes {

  /** How servers before HomeDERP wrote a region: this address, and the region as its port. */
  private static final String LEGACY_DERP = "127.3.3.40:";

  private NodeFixes() {}

  /** What every node in a message needs before it is believed. */
  static Node apply(Node n) {
    Draft draft = new Draft(n);
    if (n.homeDerp() == 0) {
      draft.homeDerp = legacyRegion(n.legacyDerp());
    }
    if (n.unsignedPeerApiOnly()) {
      draft.allowedIps = List.of();
    } else if (n.allowedIps() == null) {
      draft.allowedIps = n.addresses();
    }
    return draft.node();
  }

  static Node seen(Node n, @Nullable Instant lastSeen) {
    Draft draft = new Draft(n);
    draft.lastSeen = lastSeen;
    return draft.node();
  }

  static Node online(Node n, @Nullable Boolean online) {
    Draft draft = new Draft(n);
    draft.online = online;
    return draft.node();
  }

  static Node patch(Node n, PeerChange p) {
    Draft draft = new Draft(n);
    draft.key = p.key() == null ? n.key() : p.key();
    draft.keyExpiry = p.keyExpiry() == null ? n.keyExpiry() : p.keyExpiry().time();
    draft.discoKey = p.discoKey() == null ? n.discoKey() : p.discoKey();
    draft.endpoints = p.endpoints() == null ? n.endpoints() : p.endpoints();
    draft.homeDerp = p.derpRegion() == 0 ? n.homeDerp() : p.derpRegion();
    draft.cap = p.cap() == 0 ? n.cap() : p.cap();
    draft.lastSeen = p.lastSeen() == null ? n.lastSeen() : p.lastSeen();
    draft.online = p.online() == null ? n.online() : p.online();
    draft.capMap = p.capMap() == null ? n.capMap() : p.capMap();
    return draft.node();
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

  /**
   * A node in the making: the fields that a message can change, and the node that has the others.
   */
  private static final class Draft {
    private final Node original;
    private NodePublicKey key;
    private @Nullable Instant keyExpiry;
    private @Nullable DiscoPublicKey discoKey;
    private @Nullable List<String> allowedIps;
    private @Nullable List<String> endpoints;
    private int homeDerp;
    private int cap;
    private @Nullable Instant lastSeen;
    private @Nullable Boolean online;
    private @Nullable Map<String, List<Object>> capMap;

    Draft(Node n) {
      original = n;
      key = n.key();
      keyExpiry = n.keyExpiry();
      discoKey = n.discoKey();
      allowedIps = n.allowedIps();
      endpoints = n.endpoints();
      homeDerp = n.homeDerp();
      cap = n.cap();
      lastSeen = n.lastSeen();
      online = n.online();
      capMap = n.capMap();
    }

    Node node() {
      return new Node(
          original.id(),
          original.stableId(),
          original.name(),
          original.user(),
          key,
          keyExpiry,
          original.machine(),
          discoKey,
          original.addresses(),
          allowedIps,
          endpoints,
          original.legacyDerp(),
          homeDerp,
          original.hostinfo(),
          original.created(),
          cap,
          original.tags(),
          original.primaryRoutes(),
          lastSeen,
          online,
          original.machineAuthorized(),
          capMap,
          original.unsignedPeerApiOnly(),
          original.expired(),
          original.isWireGuardOnly(),
          original.isJailed());
    }
  }
}
