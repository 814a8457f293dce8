package org.tailjar.testkit;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.DiscoPublicKey;
import org.tailjar.crypto.MachinePublicKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.headscale.Hostinfo;
import org.tailjar.headscale.NetInfo;
import org.tailjar.headscale.Node;

/** A node that joined. Guarded by the registry's lock. */
final class RegisteredNode {

  /** The user to whom all nodes without tags belong. */
  static final long USER = 1;

  /** What Headscale grants every node. */
  private static final Map<String, List<Object>> CAPABILITIES =
      Map.of(
          "default-auto-update",
          List.of(false),
          "https://tailscale.com/cap/file-sharing",
          List.of(),
          "https://tailscale.com/cap/is-admin",
          List.of(),
          "https://tailscale.com/cap/ssh",
          List.of());

  private static final long TAGGED_DEVICES = 2_147_455_555L;

  final long id;
  final MachinePublicKey machineKey;
  final boolean ephemeral;
  final List<String> tags;
  private final String domain;
  private final Instant created;
  NodePublicKey nodeKey;
  DiscoPublicKey discoKey = DiscoPublicKey.ZERO;
  Hostinfo hostinfo;
  String name;
  List<String> endpoints = List.of();
  @Nullable Instant expiry;
  @Nullable Instant lastSeen;
  @Nullable MapStream stream;

  /** As its peers see it: true for a while after its stream has ended. */
  boolean online;

  /** Counts its streams. */
  long session;

  RegisteredNode(
      long id,
      MachinePublicKey machineKey,
      NodePublicKey nodeKey,
      Hostinfo hostinfo,
      String name,
      AuthKeyOptions options,
      String domain,
      Instant created) {
    this.id = id;
    this.machineKey = machineKey;
    this.nodeKey = nodeKey;
    this.hostinfo = hostinfo;
    this.name = name;
    this.ephemeral = options.ephemeral();
    this.tags = options.tags();
    this.domain = domain;
    this.created = created;
  }

  boolean isExpired(Instant now) {
    Instant until = expiry;
    return until != null && !now.isBefore(until);
  }

  int homeDerp() {
    NetInfo info = hostinfo.netInfo();
    return info == null ? 0 : info.preferredDerp();
  }

  /** Sequential, as Headscale's by default. */
  List<String> addresses() {
    return List.of(
        "100.64.%d.%d/32".formatted(id >> 8, id & 0xff), "fd7a:115c:a1e0::%x/128".formatted(id));
  }

  /** What a request changed. */
  enum Change {
    NONE,
    /** Its endpoints, and nothing else. */
    ENDPOINTS,
    MORE
  }

  /** Takes what a request says; a part that it leaves out stays. */
  Change update(
      @Nullable Hostinfo newHostinfo,
      @Nullable DiscoPublicKey newDiscoKey,
      @Nullable List<String> newEndpoints) {
    Change change = Change.NONE;
    if (newEndpoints != null && !newEndpoints.equals(endpoints)) {
      endpoints = List.copyOf(newEndpoints);
      change = Change.ENDPOINTS;
    }
    if (newHostinfo != null) {
      Hostinfo merged =
          newHostinfo.netInfo() == null ? newHostinfo.withNetInfo(hostinfo.netInfo()) : newHostinfo;
      if (!merged.equals(hostinfo)) {
        hostinfo = merged;
        change = Change.MORE;
      }
    }
    if (newDiscoKey != null && !newDiscoKey.isZero() && !newDiscoKey.equals(discoKey)) {
      discoKey = newDiscoKey;
      change = Change.MORE;
    }
    return change;
  }

  /** As it sees itself at that capability version. */
  Node toItself(int version, Instant now) {
    return toWire(version, now, CAPABILITIES);
  }

  /** As another node of that capability version sees it. */
  Node toViewer(int version, Instant now) {
    return toWire(version, now, null);
  }

  private Node toWire(
      int viewersVersion, Instant now, @Nullable Map<String, List<Object>> capabilities) {
    return new Node(
        id,
        Long.toString(id),
        name + "." + domain + ".",
        tags.isEmpty() ? USER : TAGGED_DEVICES,
        nodeKey,
        expiry,
        machineKey,
        discoKey,
        addresses(),
        addresses(),
        endpoints,
        null,
        homeDerp(),
        hostinfo,
        created,
        viewersVersion,
        tags.isEmpty() ? null : tags,
        null,
        online ? null : lastSeen,
        online,
        !isExpired(now),
        capabilities,
        false,
        isExpired(now),
        false,
        false);
  }
}
