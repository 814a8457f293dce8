package org.tailjar.launcher;

import io.avaje.jsonb.JsonType;
import io.avaje.jsonb.Jsonb;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.tailjar.headscale.DerpMapWire;
import org.tailjar.headscale.DerpRegionWire;
import org.tailjar.tailnet.CallCount;
import org.tailjar.tailnet.NetworkCheck;
import org.tailjar.tailnet.NodeStatus;
import org.tailjar.tailnet.PingResult;
import org.tailjar.tailnet.TailnetNode;
import org.tailjar.tailnet.TrafficStatistics;

/** Turns what the node tells into the documents of the LocalAPI. */
final class Documents {
  private static final Jsonb JSON = Jsonb.builder().build();

  static final JsonType<StatusDocument> STATUS = JSON.type(StatusDocument.class);
  static final JsonType<PingDocument> PING = JSON.type(PingDocument.class);
  static final JsonType<PrefsDocument> PREFS = JSON.type(PrefsDocument.class);
  static final JsonType<NotifyDocument> NOTIFY = JSON.type(NotifyDocument.class);
  static final JsonType<DerpMapWire> DERP_MAP = JSON.type(DerpMapWire.class);
  static final JsonType<Object> ANY = JSON.type(Object.class);
  static final JsonType<NetcheckDocument> NETCHECK = JSON.type(NetcheckDocument.class);
  static final JsonType<WhoIsDocument> WHO_IS = JSON.type(WhoIsDocument.class);

  /** The moment that stands for "never" where Go writes times. */
  static final String NEVER = "0001-01-01T00:00:00Z";

  /** The incumbent's default, so that its {@code up} sees nothing to change; unused here. */
  private static final int NETFILTER_ON = 2;

  private Documents() {}

  /** The status of a node, with or without its peers. */
  static StatusDocument status(TailnetNode node, boolean withPeers) {
    var status = node.status();
    var peers = new LinkedHashMap<String, StatusDocument.Machine>();
    if (withPeers) {
      status.peers().forEach(peer -> peers.put(peer.machine().publicKey(), peer(peer)));
    }
    var users = new TreeMap<String, StatusDocument.User>();
    status.users().forEach((id, user) -> users.put(Long.toString(id), user(user)));
    return new StatusDocument(
        Version.TEXT,
        status.interfaceName().isPresent(),
        backendState(status.state()),
        status.haveNodeKey(),
        status.authUrl().map(Object::toString).orElse(""),
        status.self().map(self -> addresses(self.machine().addresses())).orElse(List.of()),
        status.self().map(Documents::self).orElse(null),
        status.health(),
        status.tailnet().map(NodeStatus.TailnetInfo::magicDnsSuffix).orElse(""),
        status
            .tailnet()
            .map(
                tailnet ->
                    new StatusDocument.Tailnet(
                        tailnet.name(), tailnet.magicDnsSuffix(), tailnet.magicDnsEnabled()))
            .orElse(null),
        peers,
        users,
        tailjar(node, status));
  }

  /** The state in the incumbent's words. */
  static String backendState(NodeStatus.State state) {
    return switch (state) {
      case NO_STATE -> "NoState";
      case NEEDS_LOGIN -> "NeedsLogin";
      case STARTING -> "Starting";
      case RUNNING -> "Running";
      case STOPPED -> "Stopped";
    };
  }

  private static StatusDocument.Tailjar tailjar(TailnetNode node, NodeStatus status) {
    var traffic = status.traffic();
    return new StatusDocument.Tailjar(
        Version.TEXT,
        node.ready(),
        node.live(),
        status.interfaceName().orElse(""),
        status.udpPort(),
        status.serverConnection(),
        status.dns(),
        status.mapAge().map(age -> rounded(seconds(age), 3)).orElse(null),
        new StatusDocument.PacketsPerCall(
            rounded(traffic.tunRead().mean(), 2),
            rounded(traffic.udpSend().mean(), 2),
            rounded(traffic.udpReceive().mean(), 2),
            rounded(traffic.tunWrite().mean(), 2)),
        calls(traffic),
        traffic.bytesOut(),
        traffic.bytesIn(),
        paths(status),
        status.self().flatMap(NodeStatus.Self::network).map(Documents::netcheck).orElse(null),
        traffic.counters());
  }

  private static NetcheckDocument netcheck(NetworkCheck check) {
    var latencies = new TreeMap<String, Long>();
    check.latencies().forEach((region, took) -> latencies.put(region.toString(), took.toNanos()));
    var globalV4 = firstSeen(check, Inet4Address.class);
    return new NetcheckDocument(
        check.at().toString(),
        check.udpWorks(),
        check.ipv6Works(),
        !globalV4.isEmpty(),
        check.ipv6Possible(),
        check.mappingVaries().orElse(null),
        check.homeRegion(),
        latencies,
        globalV4,
        firstSeen(check, Inet6Address.class));
  }

  private static String firstSeen(NetworkCheck check, Class<? extends InetAddress> family) {
    return check.seen().stream()
        .filter(address -> family.isInstance(address.getAddress()))
        .findFirst()
        .map(AddressText::of)
        .orElse("");
  }

  private static StatusDocument.Calls calls(TrafficStatistics traffic) {
    return new StatusDocument.Calls(
        call(traffic.tunRead()),
        call(traffic.udpSend()),
        call(traffic.udpReceive()),
        call(traffic.tunWrite()));
  }

  private static StatusDocument.Call call(CallCount count) {
    return new StatusDocument.Call(count.calls(), count.packets());
  }

  /** How many peers are reached how: what is not active has no path that is worth counting. */
  static StatusDocument.Paths paths(NodeStatus status) {
    int direct = 0;
    int relayed = 0;
    int idle = 0;
    for (var peer : status.peers()) {
      if (!peer.active()) {
        idle++;
      } else if (peer.currentAddress().isPresent()) {
        direct++;
      } else {
        relayed++;
      }
    }
    return new StatusDocument.Paths(direct, relayed, idle);
  }

  private static StatusDocument.Machine self(NodeStatus.Self self) {
    var machine = self.machine();
    return new StatusDocument.Machine(
        machine.stableId(),
        machine.id(),
        machine.publicKey(),
        machine.hostName(),
        machine.dnsName(),
        machine.os(),
        machine.userId(),
        addresses(machine.addresses()),
        machine.addresses().stream().map(Documents::prefix).toList(),
        machine.tags().isEmpty() ? null : machine.tags(),
        null,
        self.endpoints().stream().map(AddressText::of).toList(),
        "",
        self.homeRelay(),
        0,
        0,
        time(machine.created()),
        NEVER,
        NEVER,
        NEVER,
        machine.online(),
        false,
        false,
        false,
        true,
        false,
        false,
        false,
        machine.keyExpiry().map(Instant::toString).orElse(null));
  }

  private static StatusDocument.Machine peer(NodeStatus.Peer peer) {
    var machine = peer.machine();
    return new StatusDocument.Machine(
        machine.stableId(),
        machine.id(),
        machine.publicKey(),
        machine.hostName(),
        machine.dnsName(),
        machine.os(),
        machine.userId(),
        addresses(machine.addresses()),
        peer.allowedIps(),
        machine.tags().isEmpty() ? null : machine.tags(),
        peer.primaryRoutes().isEmpty() ? null : peer.primaryRoutes(),
        peer.endpoints().stream().map(AddressText::of).toList(),
        peer.currentAddress().map(AddressText::of).orElse(""),
        peer.relay(),
        peer.rxBytes(),
        peer.txBytes(),
        time(machine.created()),
        time(peer.lastWrite()),
        time(peer.lastSeen()),
        time(peer.lastHandshake()),
        machine.online(),
        false,
        peer.exitNodeOption(),
        peer.active(),
        true,
        true,
        true,
        peer.expired(),
        machine.keyExpiry().map(Instant::toString).orElse(null));
  }

  private static StatusDocument.User user(NodeStatus.User user) {
    return new StatusDocument.User(user.id(), user.loginName(), user.displayName());
  }

  /** What became of a ping, in the incumbent's form. */
  static PingDocument ping(PingResult result) {
    return switch (result) {
      case PingResult.Direct(var address, var name, var endpoint, var latency) ->
          pong(address, name, latency, AddressText.of(endpoint), 0, "");
      case PingResult.Relayed(var address, var name, var id, var code, var latency) ->
          pong(address, name, latency, "", id, code);
      case PingResult.Local(var address) ->
          failure(address, "", AddressText.of(address) + " is local Tailscale IP", true);
      case PingResult.NoSuchPeer(var address) -> failure(address, "", "no matching peer", false);
      case PingResult.Failed(var address, var name, var reason) ->
          failure(address, name, reason, false);
    };
  }

  private static PingDocument pong(
      InetAddress address, String name, Duration latency, String endpoint, int id, String code) {
    var ip = AddressText.of(address);
    return new PingDocument(ip, ip, name, "", seconds(latency), endpoint, id, code, false);
  }

  private static PingDocument failure(
      InetAddress address, String name, String reason, boolean local) {
    var ip = AddressText.of(address);
    return new PingDocument(ip, ip, name, reason, 0, "", 0, "", local);
  }

  /** Who has an address; empty when nobody has. */
  static Optional<WhoIsDocument> whoIs(NodeStatus status, InetAddress address) {
    var self =
        status
            .self()
            .map(NodeStatus.Self::machine)
            .filter(machine -> machine.addresses().contains(address));
    if (self.isPresent()) {
      var machine = self.get();
      var prefixes = machine.addresses().stream().map(Documents::prefix).toList();
      return Optional.of(whoIs(machine, prefixes, status.users()));
    }
    return status.peers().stream()
        .filter(peer -> peer.machine().addresses().contains(address))
        .findFirst()
        .map(peer -> whoIs(peer.machine(), peer.allowedIps(), status.users()));
  }

  private static WhoIsDocument whoIs(
      NodeStatus.Machine machine, List<String> allowedIps, Map<Long, NodeStatus.User> users) {
    var user = users.get(machine.userId());
    var name = machine.dnsName();
    int dot = name.indexOf('.');
    return new WhoIsDocument(
        new WhoIsDocument.Node(
            machine.id(),
            machine.stableId(),
            name,
            machine.userId(),
            machine.publicKey(),
            machine.addresses().stream().map(Documents::prefix).toList(),
            allowedIps,
            new WhoIsDocument.HostInfo(machine.os(), machine.hostName()),
            dot < 0 ? name : name.substring(0, dot),
            machine.tags().isEmpty() ? null : machine.tags()),
        user == null ? new StatusDocument.User(machine.userId(), "", "") : user(user));
  }

  /**
   * The relays. To an empty map the incumbent's {@code netcheck} prefers one that it fetches from
   * its own cloud, so a node that has none yet shows a region without relays.
   */
  static DerpMapWire relays(TailnetNode node) {
    var known = node.relays();
    if (known.isPresent()) {
      var regions = known.get().regions();
      if (regions != null && !regions.isEmpty()) {
        return known.get();
      }
    }
    var none = new DerpRegionWire(1, "none", "no relay is known yet", true, true, List.of());
    return new DerpMapWire(Map.of("1", none), null, true);
  }

  /** The settings in the incumbent's form. */
  static PrefsDocument prefs(Configuration configuration, NodeStatus status) {
    return new PrefsDocument(
        configuration.serverUrl().toString(),
        configuration.acceptRoutes(),
        "",
        "",
        configuration.acceptDns(),
        false,
        status.state() != NodeStatus.State.STOPPED,
        status.state() == NodeStatus.State.NEEDS_LOGIN,
        false,
        null,
        configuration.hostname(),
        null,
        NETFILTER_ON,
        status
            .self()
            .map(self -> status.users().get(self.machine().userId()))
            .map(user -> new PrefsDocument.Account(user(user)))
            .orElse(null));
  }

  private static List<String> addresses(List<InetAddress> addresses) {
    return addresses.stream().map(AddressText::of).toList();
  }

  private static String prefix(InetAddress address) {
    return AddressText.of(address) + "/" + 8 * address.getAddress().length;
  }

  private static String time(Optional<Instant> time) {
    return time.map(Instant::toString).orElse(NEVER);
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }

  private static double rounded(double value, int digits) {
    double scale = Math.pow(10, digits);
    return Math.round(value * scale) / scale;
  }
}
