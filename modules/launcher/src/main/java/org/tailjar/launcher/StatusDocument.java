package org.tailjar.launcher;

import io.avaje.jsonb.Json;
import io.avaje.jsonb.Json.Property;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The status as the incumbent's LocalAPI writes it: the names, and what an absent value looks like,
 * are the incumbent's. What only this node can tell stands in {@link Tailjar}, which other programs
 * pass over.
 */
@Json
public record StatusDocument(
    @Property("Version") String version,
    @Property("TUN") boolean tun,
    @Property("BackendState") String backendState,
    @Property("HaveNodeKey") boolean haveNodeKey,
    @Property("AuthURL") String authUrl,
    @Property("TailscaleIPs") List<String> tailscaleIps,
    @Property("Self") @Nullable Machine self,
    @Property("Health") List<String> health,
    @Property("MagicDNSSuffix") String magicDnsSuffix,
    @Property("CurrentTailnet") @Nullable Tailnet currentTailnet,
    @Property("Peer") Map<String, Machine> peer,
    @Property("User") Map<String, User> user,
    @Property("Tailjar") @Nullable Tailjar tailjar) {

  /** This node or a peer. */
  @Json
  public record Machine(
      @Property("ID") String id,
      @Property("NodeID") long nodeId,
      @Property("PublicKey") String publicKey,
      @Property("HostName") String hostName,
      @Property("DNSName") String dnsName,
      @Property("OS") String os,
      @Property("UserID") long userId,
      @Property("TailscaleIPs") List<String> tailscaleIps,
      @Property("AllowedIPs") List<String> allowedIps,
      @Property("Tags") @Nullable List<String> tags,
      @Property("PrimaryRoutes") @Nullable List<String> primaryRoutes,
      @Property("Addrs") List<String> addresses,
      @Property("CurAddr") String currentAddress,
      @Property("Relay") String relay,
      @Property("RxBytes") long rxBytes,
      @Property("TxBytes") long txBytes,
      @Property("Created") String created,
      @Property("LastWrite") String lastWrite,
      @Property("LastSeen") String lastSeen,
      @Property("LastHandshake") String lastHandshake,
      @Property("Online") boolean online,
      @Property("ExitNode") boolean exitNode,
      @Property("ExitNodeOption") boolean exitNodeOption,
      @Property("Active") boolean active,
      @Property("InNetworkMap") boolean inNetworkMap,
      @Property("InMagicSock") boolean inMagicSock,
      @Property("InEngine") boolean inEngine,
      @Property("Expired") boolean expired,
      @Property("KeyExpiry") @Nullable String keyExpiry) {}

  /** The tailnet. */
  @Json
  public record Tailnet(
      @Property("Name") String name,
      @Property("MagicDNSSuffix") String magicDnsSuffix,
      @Property("MagicDNSEnabled") boolean magicDnsEnabled) {}

  /** The owner of nodes. */
  @Json
  public record User(
      @Property("ID") long id,
      @Property("LoginName") String loginName,
      @Property("DisplayName") String displayName) {}

  /**
   * What this node adds.
   *
   * @param ready packets can flow
   * @param live its threads run
   * @param mapAgeSeconds since the last network map, absent without one
   * @param server one line about the connection to the server
   * @param dns whether the system looks up names here, and why not
   * @param netcheck what {@code tailjar netcheck} shows, absent until it has been measured
   */
  @Json
  public record Tailjar(
      @Property("Version") String version,
      @Property("Ready") boolean ready,
      @Property("Live") boolean live,
      @Property("Interface") String interfaceName,
      @Property("UDPPort") int udpPort,
      @Property("Server") String server,
      @Property("DNS") String dns,
      @Property("MapAgeSeconds") @Nullable Double mapAgeSeconds,
      @Property("PacketsPerCall") PacketsPerCall packetsPerCall,
      @Property("Calls") Calls calls,
      @Property("BytesOut") long bytesOut,
      @Property("BytesIn") long bytesIn,
      @Property("Paths") Paths paths,
      @Property("Netcheck") @Nullable NetcheckDocument netcheck,
      @Property("Counters") Map<String, Long> counters) {}

  /** Mean packets in each call to the system, 0 before the first. */
  @Json
  public record PacketsPerCall(
      @Property("TunRead") double tunRead,
      @Property("UDPSend") double udpSend,
      @Property("UDPReceive") double udpReceive,
      @Property("TunWrite") double tunWrite) {}

  /** What each kind of call carried. */
  @Json
  public record Calls(
      @Property("TunRead") Call tunRead,
      @Property("UDPSend") Call udpSend,
      @Property("UDPReceive") Call udpReceive,
      @Property("TunWrite") Call tunWrite) {}

  /** One kind of call. */
  @Json
  public record Call(@Property("Calls") long calls, @Property("Packets") long packets) {}

  /** How many peers are reached how. */
  @Json
  public record Paths(
      @Property("Direct") int direct,
      @Property("Relayed") int relayed,
      @Property("Idle") int idle) {}
}
