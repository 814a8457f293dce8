package org.tailjar.tailnet;

import java.net.URI;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.tailjar.transport.ProxyRules;

/**
 * All that a node must be told before it starts.
 *
 * @param serverUrl the Headscale server: http or https, port and path kept
 * @param authKey asked only when the state holds no valid node
 * @param hostname the name that the node asks for; the server may append a number
 * @param state where keys live
 * @param caFile certificate authorities in PEM, trusted beside those of the JDK
 * @param proxies which connections to the server and to relays go through a proxy
 * @param interfaceName name of the TUN interface
 * @param udpPort the UDP port wanted, 0 for any; another is used when it is taken
 * @param mtu of the TUN interface, in bytes
 * @param acceptRoutes whether subnet routes of other nodes are used
 * @param acceptDns whether the system looks up names through this node, where the tailnet has DNS
 *     settings; it then rewrites {@code /etc/resolv.conf} while it runs
 * @param logout what {@link TailnetNode#close()} does about the registration
 * @param ephemeral whether the server is told that this node goes away with its connection
 * @param device what packets are read from
 * @param withoutOffloads what is not used of the kernel's offloads
 */
public record NodeConfig(
    URI serverUrl,
    AuthKeySource authKey,
    String hostname,
    StateLocation state,
    Optional<Path> caFile,
    ProxyRules proxies,
    String interfaceName,
    int udpPort,
    int mtu,
    boolean acceptRoutes,
    boolean acceptDns,
    LogoutPolicy logout,
    boolean ephemeral,
    DeviceKind device,
    Set<Offload> withoutOffloads) {

  /** The name of the TUN interface unless another is asked for. */
  public static final String DEFAULT_INTERFACE = "tailscale0";

  /** The UDP port unless another is asked for. */
  public static final int DEFAULT_UDP_PORT = 41641;

  /**
   * The MTU of the TUN interface unless another is asked for, in bytes: the least that IPv6 allows.
   */
  public static final int DEFAULT_MTU = 1280;

  /** Checks ranges. */
  public NodeConfig {
    withoutOffloads = Set.copyOf(withoutOffloads);
    Objects.requireNonNull(serverUrl, "serverUrl");
    if (udpPort < 0 || udpPort > 0xFFFF) {
      throw new IllegalArgumentException("udpPort " + udpPort + " is not in 0..65535");
    }
    if (mtu < 576 || mtu > 0xFFFF) {
      throw new IllegalArgumentException("mtu " + mtu + " is not in 576..65535");
    }
  }

  /** A configuration of defaults: state in memory, a TUN interface, no auth key. */
  public static Builder builder(URI serverUrl) {
    return new Builder(serverUrl);
  }

  /** Whether {@link TailnetNode#close()} logs out. */
  public boolean logsOutOnClose() {
    return switch (logout) {
      case ALWAYS -> true;
      case NEVER -> false;
      case AUTO -> ephemeral || state instanceof StateLocation.Memory;
    };
  }

  /** Collects the fields of a {@link NodeConfig}. Not thread-safe. */
  public static final class Builder {
    private final URI serverUrl;
    private AuthKeySource authKey = AuthKeySource.none();
    private String hostname = "tailjar";
    private StateLocation state = new StateLocation.Memory();
    private Optional<Path> caFile = Optional.empty();
    private ProxyRules proxies = ProxyRules.NONE;
    private String interfaceName = DEFAULT_INTERFACE;
    private int udpPort = DEFAULT_UDP_PORT;
    private int mtu = DEFAULT_MTU;
    private boolean acceptRoutes;
    private boolean acceptDns;
    private LogoutPolicy logout = LogoutPolicy.AUTO;
    private boolean ephemeral;
    private DeviceKind device = DeviceKind.TUN;
    private Set<Offload> withoutOffloads = Set.of();

    private Builder(URI serverUrl) {
      this.serverUrl = serverUrl;
    }

    /** Sets where the auth key comes from. */
    public Builder authKey(AuthKeySource source) {
      authKey = source;
      return this;
    }

    /** Sets the name to ask for. */
    public Builder hostname(String name) {
      hostname = name;
      return this;
    }

    /** Sets where keys live. */
    public Builder state(StateLocation location) {
      state = location;
      return this;
    }

    /** Sets a file of further certificate authorities. */
    public Builder caFile(Path file) {
      caFile = Optional.of(file);
      return this;
    }

    /** Sets which connections go through a proxy. */
    public Builder proxies(ProxyRules rules) {
      proxies = rules;
      return this;
    }

    /** Sets the name of the TUN interface. */
    public Builder interfaceName(String name) {
      interfaceName = name;
      return this;
    }

    /** Sets the UDP port wanted, 0 for any. */
    public Builder udpPort(int port) {
      udpPort = port;
      return this;
    }

    /** Sets the MTU in bytes. */
    public Builder mtu(int bytes) {
      mtu = bytes;
      return this;
    }

    /** Sets whether subnet routes of other nodes are used. */
    public Builder acceptRoutes(boolean accept) {
      acceptRoutes = accept;
      return this;
    }

    /** Sets whether the system looks up names through this node. */
    public Builder acceptDns(boolean accept) {
      acceptDns = accept;
      return this;
    }

    /** Sets what closing does about the registration. */
    public Builder logout(LogoutPolicy policy) {
      logout = policy;
      return this;
    }

    /** Sets whether the node is ephemeral. */
    public Builder ephemeral(boolean value) {
      ephemeral = value;
      return this;
    }

    /** Sets what packets are read from. */
    public Builder device(DeviceKind kind) {
      device = kind;
      return this;
    }

    /** Sets what is not used of the kernel's offloads. */
    public Builder withoutOffloads(Set<Offload> offloads) {
      withoutOffloads = Set.copyOf(offloads);
      return this;
    }

    /** The configuration. */
    public NodeConfig build() {
      return new NodeConfig(
          serverUrl,
          authKey,
          hostname,
          state,
          caFile,
          proxies,
          interfaceName,
          udpPort,
          mtu,
          acceptRoutes,
          acceptDns,
          logout,
          ephemeral,
          device,
          withoutOffloads);
    }
  }
}
