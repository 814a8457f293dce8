package org.tailjar.tailnet;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.tailjar.dataplane.ServiceTurn;
import org.tailjar.dns.DnsNames;
import org.tailjar.dns.DnsServer;
import org.tailjar.dns.MagicDns;
import org.tailjar.dns.Nameserver;
import org.tailjar.dns.ResolvConfFile;
import org.tailjar.headscale.NetworkMap;
import org.tailjar.headscale.ServerUrl;
import org.tailjar.packet.IpPrefix;
import org.tailjar.transport.Destination;
import org.tailjar.transport.Proxy;

/**
 * The names of the tailnet for every program of the system: a {@link DnsServer} at the addresses of
 * this node, {@link #turn} for the packet path, by which it is found at 100.100.100.100, and
 * resolv.conf, by which the system asks there. All of it can fail without an effect on the tunnel.
 *
 * <p>Safe for use by several threads.
 */
final class SystemDns {

  /** What a node without a part in the system's names uses. */
  static SystemDns unused() {
    return new SystemDns(null, false, Set.of());
  }

  private static final Logger LOG = System.getLogger("org.tailjar.tailnet");
  private static final Path RESOLV_CONF = Path.of("/etc/resolv.conf");
  private static final String KEPT = "resolv.conf.former";
  private static final InetAddress SERVICE4 = InetAddress.ofLiteral("100.100.100.100");
  private static final InetAddress SERVICE6 = InetAddress.ofLiteral("fd7a:115c:a1e0::53");

  private final @Nullable ResolvConfFile file;
  private final boolean accepted;
  private final Set<String> vital;

  private @Nullable DnsServer server;
  private List<DnsServer.Address> addresses = List.of();
  private @Nullable NetworkMap map;
  private DnsNames names = DnsNames.EMPTY;
  private String complaint = "";
  private volatile Optional<ServiceTurn> turn = Optional.empty();
  private volatile String status;
  private boolean closed;

  SystemDns(@Nullable ResolvConfFile file, boolean accepted, Set<String> vital) {
    this.file = file;
    this.accepted = accepted;
    this.vital = vital;
    status = accepted ? "off: no network map yet" : "off, as configured";
  }

  /** As configured, and put back in order what an earlier run left behind that was killed. */
  static SystemDns open(NodeConfig config) {
    if (config.device() != DeviceKind.TUN) {
      return unused();
    }
    Path kept =
        config.state() instanceof StateLocation.Directory(var directory)
            ? directory.resolve(KEPT)
            : null;
    ResolvConfFile file = new ResolvConfFile(RESOLV_CONF, kept);
    try {
      file.recover();
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "resolv.conf was not looked at: {0}", reason(e));
    }
    return new SystemDns(file, config.acceptDns(), vital(config));
  }

  /** The hosts that the way to the control server and to relays goes by. */
  static Set<String> vital(NodeConfig config) {
    // To java.net.URI a name with an underscore, such as that of a container, is no host.
    String server = ServerUrl.parse(config.serverUrl().toString()).host();
    Set<String> hosts = new HashSet<>(Set.of(server));
    for (Destination to : List.of(Destination.plain(server, 80), Destination.tls(server, 443))) {
      if (config.proxies().choose(to) instanceof Proxy.Http proxy) {
        hosts.add(proxy.host());
      }
    }
    return hosts;
  }

  /** Whether that is where the system asks us. */
  static boolean isService(InetAddress address) {
    return address.equals(SERVICE4) || address.equals(SERVICE6);
  }

  /** Routes to the service that a map asks for. */
  List<IpPrefix> routes(NetworkMap wanted, Instant now) {
    return wanted(wanted, now).stream().map(address -> IpPrefix.of(address.service())).toList();
  }

  private List<DnsServer.Address> wanted(NetworkMap wanted, Instant now) {
    List<DnsServer.Address> result = new ArrayList<>();
    if (accepted && DnsTranslation.wantsDns(wanted, now)) {
      for (InetAddress own : StatusReport.addresses(wanted.self())) {
        InetAddress service = own instanceof Inet4Address ? SERVICE4 : SERVICE6;
        if (result.stream().noneMatch(address -> address.service().equals(service))) {
          result.add(new DnsServer.Address(own, service));
        }
      }
    }
    return result;
  }

  /**
   * Puts in force what a map says, and puts back what somebody else has changed in resolv.conf. The
   * interface has its addresses.
   *
   * @param serve gives the packet path the new {@link #turn}, before the system is sent there
   */
  synchronized void apply(NetworkMap wanted, Instant now, Consumer<Optional<ServiceTurn>> serve) {
    ResolvConfFile system = file;
    if (closed || !accepted || system == null) {
      return;
    }
    List<DnsServer.Address> at = wanted(wanted, now);
    if (at.isEmpty()) {
      leave();
      serve.accept(turn);
      status = "off: the server has no DNS settings";
      return;
    }
    if (wanted != map) {
      map = wanted;
      names = DnsTranslation.names(wanted, vital);
    }
    DnsServer listening;
    try {
      listening = listen(at);
    } catch (IOException e) {
      withdraw(); // and not leave(), after which the same complaint would be news each time
      serve.accept(turn);
      complain("the resolver cannot listen: " + reason(e));
      return;
    }
    serve.accept(turn);
    try {
      // The first of those that it listens at: IPv6 may be switched off here.
      InetAddress service = listening.endpoints().getFirst().service();
      if (system.serve(service, names.searchDomains())) {
        LOG.log(Level.INFO, "DNS: {0} names the resolver of the tailnet", RESOLV_CONF);
      }
      complaint = "";
      status = "on";
    } catch (IOException e) {
      // A nameserver that is set in some other way finds the resolver nevertheless.
      complain(RESOLV_CONF + " cannot be written: " + reason(e));
    }
    answerBy(system);
  }

  private DnsServer listen(List<DnsServer.Address> at) throws IOException {
    DnsServer present = server;
    if (present != null && at.equals(addresses)) {
      return present;
    }
    stopListening();
    DnsServer opened = DnsServer.open(at);
    server = opened;
    addresses = at;
    turn = Optional.of(new ServiceTurn(side(opened, true), side(opened, false)));
    return opened;
  }

  private static Optional<ServiceTurn.Side> side(DnsServer opened, boolean ipv4) {
    return opened.endpoints().stream()
        .filter(endpoint -> endpoint.own() instanceof Inet4Address == ipv4)
        .findFirst()
        .map(
            endpoint ->
                ServiceTurn.Side.of(
                    endpoint.own(),
                    endpoint.service(),
                    Nameserver.PORT,
                    endpoint.udpPort(),
                    endpoint.tcpPort()));
  }

  private void answerBy(ResolvConfFile system) {
    List<Nameserver> former =
        system.formerNameservers().stream()
            .filter(address -> !isService(address))
            .map(Nameserver::at)
            .toList();
    DnsServer answering = server;
    if (answering != null) {
      answering.answerBy(new MagicDns(names, former));
    }
  }

  /** How the packet path finds the server; empty while there is none. */
  Optional<ServiceTurn> turn() {
    return turn;
  }

  /** For people: {@code on}, or {@code off} and why. */
  String status() {
    return status;
  }

  /** What is wrong, empty when all is as it was asked for. */
  synchronized Optional<String> complaint() {
    return complaint.isEmpty() ? Optional.empty() : Optional.of("DNS is off: " + complaint);
  }

  /** Leaves the system's resolver as it was before. */
  synchronized void leave() {
    complaint = "";
    withdraw();
    if (accepted) {
      status = "off: not in a tailnet";
    }
  }

  private void withdraw() {
    map = null;
    try {
      if (file != null) {
        file.restore();
      }
    } catch (IOException e) {
      LOG.log(Level.WARNING, "{0} is not put back: {1}", RESOLV_CONF, reason(e));
    }
    stopListening();
  }

  /** As {@link #leave}, for good. */
  synchronized void close() {
    closed = true;
    leave();
  }

  private void stopListening() {
    turn = Optional.empty();
    addresses = List.of();
    DnsServer old = server;
    server = null;
    if (old != null) {
      old.close();
    }
  }

  private void complain(String what) {
    LOG.log(
        what.equals(complaint) ? Level.DEBUG : Level.WARNING,
        "DNS is off, names of the tailnet are not found: {0}",
        what);
    complaint = what;
    status = "off: " + what;
  }

  private static String reason(IOException e) {
    return switch (e) {
      case NoSuchFileException missing -> "no such file";
      case AccessDeniedException denied -> "permission denied";
      case FileSystemException system when system.getReason() != null -> system.getReason();
      default -> String.valueOf(e.getMessage());
    };
  }
}
