package org.tailjar.launcher;

import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tailjar.tailnet.AuthKeySource;
import org.tailjar.tailnet.DeviceKind;
import org.tailjar.tailnet.LogoutPolicy;
import org.tailjar.tailnet.NodeConfig;
import org.tailjar.tailnet.Offload;
import org.tailjar.tailnet.StateLocation;
import org.tailjar.transport.ProxyRules;

/**
 * What the environment asks for.
 *
 * @param authKey asked only when the node needs a key
 * @param withoutOffloads what is not used of the kernel's offloads
 * @param acceptDns whether this node resolves names by MagicDNS
 * @param healthAddress where health and metrics are served
 * @param socket where the LocalAPI is served
 * @param names by our name of a variable, the name of the place where it was set; absent when it
 *     was not
 */
record Configuration(
    URI serverUrl,
    AuthKeySource authKey,
    String hostname,
    StateLocation state,
    Optional<Path> caFile,
    ProxyRules proxies,
    String interfaceName,
    int udpPort,
    int mtu,
    Set<Offload> withoutOffloads,
    LogoutPolicy logout,
    boolean ephemeral,
    boolean acceptDns,
    boolean acceptRoutes,
    InetSocketAddress healthAddress,
    SocketLocation socket,
    LogSettings log,
    Map<String, String> names) {

  /** Copies the names. */
  Configuration {
    names = Map.copyOf(names);
  }

  /** What came of reading the environment. */
  sealed interface Result {}

  /** A usable configuration, and what the user should know about it, one line each. */
  record Accepted(Configuration configuration, List<String> warnings) implements Result {
    /** Copies the warnings. */
    Accepted {
      warnings = List.copyOf(warnings);
    }
  }

  /** What is wrong with the environment, one line for each thing. */
  record Refused(List<String> errors) implements Result {
    /** Copies the errors. */
    Refused {
      errors = List.copyOf(errors);
    }
  }

  /**
   * Reads an environment.
   *
   * @param environment names and values, for example {@link System#getenv()}
   * @param systemHostname the name of this system, used when the environment names none
   */
  static Result from(Map<String, String> environment, String systemHostname) {
    return new ConfigurationReader(environment, systemHostname).read();
  }

  /** What the user calls a variable: the alias where that was set, otherwise our name. */
  String nameOf(String variable) {
    return names.getOrDefault(variable, variable);
  }

  /** What the node has to know of this. */
  NodeConfig nodeConfig(DeviceKind device) {
    var builder =
        NodeConfig.builder(serverUrl)
            .authKey(authKey)
            .hostname(hostname)
            .state(state)
            .proxies(proxies)
            .interfaceName(interfaceName)
            .udpPort(udpPort)
            .mtu(mtu)
            .withoutOffloads(withoutOffloads)
            .acceptRoutes(acceptRoutes)
            .acceptDns(acceptDns)
            .logout(logout)
            .ephemeral(ephemeral)
            .device(device);
    caFile.ifPresent(builder::caFile);
    return builder.build();
  }
}
