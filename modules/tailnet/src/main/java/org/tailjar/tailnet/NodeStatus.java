package org.tailjar.tailnet;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A node at one moment. Immutable.
 *
 * @param state where the node is in its life
 * @param authUrl where a person logs this node in, when the server asks for that
 * @param haveNodeKey whether the state holds a node key
 * @param interfaceName of the TUN interface; empty when the device is not one
 * @param udpPort the local UDP port in use, 0 before there is one
 * @param self this node as the server knows it; empty before the first network map
 * @param peers in the order of the map
 * @param users who own the nodes, by user ID
 * @param health one line for each thing that is wrong, empty when all is well
 * @param tailnet empty before the first network map
 * @param mapAge since the last network map came, or was saved in an earlier life of this node;
 *     empty without one
 * @param serverConnection one line about the connection to the server, for example {@code
 *     connected} or {@code retrying in 8 s: connection refused}
 * @param dns whether the system looks up names here: {@code on}, or {@code off} and why
 * @param traffic what the packet path did
 */
public record NodeStatus(
    State state,
    Optional<URI> authUrl,
    boolean haveNodeKey,
    Optional<String> interfaceName,
    int udpPort,
    Optional<Self> self,
    List<Peer> peers,
    Map<Long, User> users,
    List<String> health,
    Optional<TailnetInfo> tailnet,
    Optional<Duration> mapAge,
    String serverConnection,
    String dns,
    TrafficStatistics traffic) {

  /** Copies the collections. */
  public NodeStatus {
    peers = List.copyOf(peers);
    users = Map.copyOf(users);
    health = List.copyOf(health);
  }

  /** The status of a node that knows nothing yet. */
  public static NodeStatus initial(State state) {
    return new NodeStatus(
        state,
        Optional.empty(),
        false,
        Optional.empty(),
        0,
        Optional.empty(),
        List.of(),
        Map.of(),
        List.of(),
        Optional.empty(),
        Optional.empty(),
        "not connected",
        "off: not started",
        TrafficStatistics.NONE);
  }

  /** Where a node is in its life. */
  public enum State {
    /** Not started. */
    NO_STATE,
    /** The server wants a key or a person. */
    NEEDS_LOGIN,
    /** Registered or registering, no network map yet. */
    STARTING,
    /** Carries packets by a network map, be it the saved one. */
    RUNNING,
    /** Closed, or logged out. */
    STOPPED
  }

  /**
   * What is known of every node, this one or a peer.
   *
   * @param stableId the server's name for it
   * @param id the server's number for it
   * @param publicKey as text, {@code nodekey:} and 64 hexadecimal digits
   * @param hostName as its system says
   * @param dnsName fully qualified, with the dot at its end
   * @param os as its system says, for example {@code linux}
   * @param userId the owner
   * @param addresses on the tailnet
   * @param tags of its registration
   * @param online as the server says
   * @param keyExpiry empty when the key does not expire
   */
  public record Machine(
      String stableId,
      long id,
      String publicKey,
      String hostName,
      String dnsName,
      String os,
      long userId,
      List<InetAddress> addresses,
      List<String> tags,
      boolean online,
      Optional<Instant> created,
      Optional<Instant> keyExpiry) {
    /** Copies the collections. */
    public Machine {
      addresses = List.copyOf(addresses);
      tags = List.copyOf(tags);
    }
  }

  /**
   * This node.
   *
   * @param homeRelay code of its home DERP region, empty without one
   * @param endpoints where it may be reached directly
   * @param network empty until it has been measured
   */
  public record Self(
      Machine machine,
      String homeRelay,
      List<InetSocketAddress> endpoints,
      Optional<NetworkCheck> network) {
    /** Copies the collections. */
    public Self {
      endpoints = List.copyOf(endpoints);
    }
  }

  /**
   * A peer.
   *
   * @param allowedIps prefixes as text, for example {@code 100.64.0.2/32}
   * @param primaryRoutes the subnet routes among them that this peer serves
   * @param endpoints where the server says that it may be reached
   * @param currentAddress where packets go now; empty when they go by the relay
   * @param relay code of its home DERP region, empty without one
   * @param rxBytes received from it inside the tunnel
   * @param txBytes sent to it inside the tunnel
   * @param active whether packets went to or came from it in the last minutes
   */
  public record Peer(
      Machine machine,
      List<String> allowedIps,
      List<String> primaryRoutes,
      List<InetSocketAddress> endpoints,
      Optional<InetSocketAddress> currentAddress,
      String relay,
      long rxBytes,
      long txBytes,
      Optional<Instant> lastWrite,
      Optional<Instant> lastSeen,
      Optional<Instant> lastHandshake,
      boolean active,
      boolean expired,
      boolean exitNodeOption) {
    /** Copies the collections. */
    public Peer {
      allowedIps = List.copyOf(allowedIps);
      primaryRoutes = List.copyOf(primaryRoutes);
      endpoints = List.copyOf(endpoints);
    }
  }

  /** The owner of nodes. */
  public record User(long id, String loginName, String displayName) {}

  /**
   * The tailnet.
   *
   * @param name as the server says
   * @param magicDnsSuffix the domain of its nodes, without dots at its ends
   */
  public record TailnetInfo(String name, String magicDnsSuffix, boolean magicDnsEnabled) {}
}
