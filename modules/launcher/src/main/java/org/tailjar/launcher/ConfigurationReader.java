package org.tailjar.launcher;

import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.tailjar.headscale.ServerUrl;
import org.tailjar.tailnet.AuthKeySource;
import org.tailjar.tailnet.LogoutPolicy;
import org.tailjar.tailnet.NodeConfig;
import org.tailjar.tailnet.Secret;
import org.tailjar.tailnet.StateLocation;
import org.tailjar.transport.ProxyRules;

/**
 * Reads one environment: our own names first, then the arguments in TS_EXTRA_ARGS, which the
 * incumbent's image lets win over its variables, then those variables. Empty means unset. For one
 * use by one thread.
 */
final class ConfigurationReader {
  /** Where state is kept unless the environment says otherwise. */
  static final String DEFAULT_STATE = "/tailscale/state";

  /** The value that stands for no state at all. */
  static final String MEMORY_STATE = "mem:";

  private static final InetSocketAddress DEFAULT_HEALTH = new InetSocketAddress("127.0.0.1", 9002);

  /** Where the incumbent's image serves health and metrics once either is switched on. */
  private static final String INCUMBENT_HEALTH = "[::]:9002";

  private static final String FILE_PREFIX = "file:";

  /** A value that is longer is cut where it is shown. */
  private static final int LONGEST_SHOWN = 120;

  private final Map<String, String> environment;
  private final String systemHostname;
  private final ExtraArguments arguments;
  private final List<String> warnings = new ArrayList<>();
  private final List<String> errors = new ArrayList<>();
  private final Map<String, String> names = new HashMap<>();

  ConfigurationReader(Map<String, String> environment, String systemHostname) {
    this.environment = environment;
    this.systemHostname = systemHostname;
    this.arguments = ExtraArguments.parse(environment.getOrDefault(ExtraArguments.NAME, ""));
  }

  Configuration.Result read() {
    warnings.addAll(Variables.unknown(environment));
    warnings.addAll(arguments.warnings());
    errors.addAll(arguments.errors());
    var server = serverUrl();
    var state =
        value(
                setting("TAILSCALE_STATE_DIR", "", "TS_STATE_DIR"),
                this::state,
                Values.STATE_ACCEPTED)
            .orElse(new StateLocation.Directory(Path.of(DEFAULT_STATE)));
    var socket =
        value(
                setting("TAILSCALE_SOCKET", "", "TS_SOCKET"),
                Values::socketPath,
                Values.SOCKET_ACCEPTED)
            .orElse(Path.of(SocketLocation.DEFAULT));
    var hostname =
        value(
                setting("TAILSCALE_HOSTNAME", ExtraArguments.HOSTNAME, "TS_HOSTNAME"),
                Values::hostname,
                Values.HOSTNAME_ACCEPTED)
            .orElseGet(() -> Values.sanitizedHostname(systemHostname));
    userspace();
    var configuration =
        new Configuration(
            server.orElse(URI.create("http://unset.invalid")),
            authKey(),
            hostname,
            state,
            value(
                setting("TAILSCALE_CA_FILE", "", "SSL_CERT_FILE"),
                Values::path,
                Values.PATH_ACCEPTED),
            proxies(),
            value(
                    setting("TAILSCALE_INTERFACE", ""),
                    Values::interfaceName,
                    Values.INTERFACE_ACCEPTED)
                .orElse(NodeConfig.DEFAULT_INTERFACE),
            value(setting("TAILSCALE_UDP_PORT", ""), Values::port, Values.PORT_ACCEPTED)
                .orElse(NodeConfig.DEFAULT_UDP_PORT),
            value(setting("TAILSCALE_MTU", "", "TS_DEBUG_MTU"), Values::mtu, Values.MTU_ACCEPTED)
                .orElse(NodeConfig.DEFAULT_MTU),
            value(
                    setting("TAILSCALE_DISABLE_OFFLOADS", ""),
                    Values::offloads,
                    Values.OFFLOADS_ACCEPTED)
                .orElse(Set.of()),
            value(setting("TAILSCALE_LOGOUT", ""), Values::logout, Values.LOGOUT_ACCEPTED)
                .orElse(LogoutPolicy.AUTO),
            onOrOff(setting("TAILSCALE_EPHEMERAL", "")).orElse(false),
            acceptDns(),
            acceptRoutes(),
            healthAddress(),
            SocketLocation.of(socket, state),
            log(),
            names);
    offers();
    return errors.isEmpty()
        ? new Configuration.Accepted(configuration, oneLineEach(warnings))
        : new Configuration.Refused(oneLineEach(errors));
  }

  private Optional<URI> serverUrl() {
    var setting = setting("TAILSCALE_SERVER_URL", ExtraArguments.LOGIN_SERVER);
    if (setting.isEmpty()) {
      errors.add("TAILSCALE_SERVER_URL is not set: give " + Values.URL_ACCEPTED);
      return Optional.empty();
    }
    var text = setting.get().value();
    try {
      return Optional.of(URI.create(ServerUrl.parse(text).toString()));
    } catch (IllegalArgumentException e) {
      var why =
          Values.holdsKey(text)
              ? "it looks like an auth key (value not shown); give " + Values.URL_ACCEPTED
              : String.valueOf(e.getMessage()).replace(text, shortened(text));
      errors.add(setting.get().name() + ": " + why);
      return Optional.empty();
    }
  }

  private AuthKeySource authKey() {
    var found = new ArrayList<Setting>();
    add(found, "TAILSCALE_KEY");
    present("TAILSCALE_KEY_FILE")
        .ifPresent(value -> found.add(new Setting("TAILSCALE_KEY_FILE", FILE_PREFIX + value)));
    arguments.setting(ExtraArguments.AUTH_KEY).ifPresent(found::add);
    add(found, "TS_AUTHKEY");
    add(found, "TS_AUTH_KEY");
    return first("TAILSCALE_KEY", found).map(this::authKey).orElse(AuthKeySource.none());
  }

  private AuthKeySource authKey(Setting setting) {
    var value = setting.value();
    if (value.startsWith(FILE_PREFIX)) {
      var path = Values.path(value.substring(FILE_PREFIX.length()));
      if (path.isPresent()) {
        return new KeyFile(path.get());
      }
    } else if (Values.isKey(value)) {
      return AuthKeySource.of(Secret.of(value));
    }
    // Never the value, not even as the name of a file: a key may have come to the wrong variable.
    errors.add(
        "%s (value not shown) is not accepted: give %s"
            .formatted(
                setting.name(),
                setting.name().equals("TAILSCALE_KEY_FILE")
                    ? Values.PATH_ACCEPTED
                    : Values.KEY_ACCEPTED));
    return AuthKeySource.none();
  }

  /** The variables are not ours: many programs read them, and with the same meaning. */
  private ProxyRules proxies() {
    try {
      return ProxyRules.of(environment);
    } catch (IllegalArgumentException e) {
      errors.add(e.getMessage());
      return ProxyRules.NONE;
    }
  }

  private Optional<StateLocation> state(String text) {
    return text.equals(MEMORY_STATE)
        ? Optional.of(new StateLocation.Memory())
        : Values.path(text).map(StateLocation.Directory::new);
  }

  private boolean acceptDns() {
    return onOrOff(setting("TAILSCALE_ACCEPT_DNS", ExtraArguments.ACCEPT_DNS, "TS_ACCEPT_DNS"))
        .orElse(true);
  }

  private boolean acceptRoutes() {
    var setting = setting("TAILSCALE_ACCEPT_ROUTES", ExtraArguments.ACCEPT_ROUTES);
    boolean accepted = onOrOff(setting).orElse(false);
    if (accepted) {
      warnIfNotBuilt("TAILSCALE_ACCEPT_ROUTES", setting.orElseThrow());
    }
    return accepted;
  }

  private InetSocketAddress healthAddress() {
    var setting = setting("TAILSCALE_HEALTH_ADDR", "", "TS_LOCAL_ADDR_PORT");
    boolean incumbent = false;
    for (var name : List.of("TS_ENABLE_HEALTH_CHECK", "TS_ENABLE_METRICS")) {
      incumbent |= onOrOff(setting(name, "")).orElse(false);
    }
    if (setting.isEmpty() && incumbent) {
      return Values.address(INCUMBENT_HEALTH).orElseThrow();
    }
    return value(setting, Values::address, Values.ADDRESS_ACCEPTED).orElse(DEFAULT_HEALTH);
  }

  private LogSettings log() {
    return new LogSettings(
        value(setting("TAILSCALE_LOG_LEVEL", ""), Values::level, Values.LEVEL_ACCEPTED)
            .orElse(LogSettings.DEFAULT.level()),
        value(setting("TAILSCALE_LOG_FORMAT", ""), Values::format, Values.FORMAT_ACCEPTED)
            .orElse(LogSettings.DEFAULT.format()));
  }

  /** The incumbent's image can do without a TUN device; this node cannot. */
  private void userspace() {
    if (onOrOff(setting("TS_USERSPACE", "")).orElse(false)) {
      warnings.add("TS_USERSPACE is ignored: Tailjar always uses a TUN device");
    }
  }

  /**
   * What this node would offer to others. An exit node to be used is refused: traffic that its user
   * believes hidden would leave by the ordinary way.
   */
  private void offers() {
    setting("TAILSCALE_ROUTES", ExtraArguments.ADVERTISE_ROUTES, "TS_ROUTES")
        .ifPresent(setting -> warnIfNotBuilt("TAILSCALE_ROUTES", setting));
    var advertise = setting("TAILSCALE_ADVERTISE_EXIT_NODE", ExtraArguments.ADVERTISE_EXIT_NODE);
    if (onOrOff(advertise).orElse(false)) {
      warnIfNotBuilt("TAILSCALE_ADVERTISE_EXIT_NODE", advertise.orElseThrow());
    }
    setting("TAILSCALE_EXIT_NODE", ExtraArguments.EXIT_NODE)
        .ifPresent(
            setting ->
                errors.add(
                    "%s=%s is refused: this version cannot use an exit node, and traffic would leave by the ordinary way"
                        .formatted(setting.name(), shown(setting.value()))));
  }

  private void warnIfNotBuilt(String variable, Setting setting) {
    if (Variables.NOT_BUILT.contains(variable)) {
      warnings.add(setting.name() + " is ignored: this version cannot do that yet");
    }
  }

  private Optional<Boolean> onOrOff(Optional<Setting> setting) {
    return value(setting, Values::onOrOff, Values.SWITCH_ACCEPTED);
  }

  private <T> Optional<T> value(
      Optional<Setting> setting, Function<String, Optional<T>> parser, String accepted) {
    return setting.flatMap(
        found -> {
          var value = parser.apply(found.value());
          if (value.isEmpty()) {
            refuse(found.name(), found.value(), accepted);
          }
          return value;
        });
  }

  private void refuse(String name, String value, String accepted) {
    errors.add("%s=%s is not accepted: give %s".formatted(name, shown(value), accepted));
  }

  private static String shown(String value) {
    return Values.holdsKey(value) ? "(value not shown)" : '"' + shortened(value) + '"';
  }

  private static String shortened(String text) {
    return text.length() <= LONGEST_SHOWN ? text : text.substring(0, LONGEST_SHOWN) + "...";
  }

  /** Control characters, in a value or in what was taken for an argument, would break a line. */
  private static List<String> oneLineEach(List<String> messages) {
    return messages.stream().map(text -> text.replaceAll("[\\p{Cntrl}\\x80-\\x9f]", "?")).toList();
  }

  private Optional<Setting> setting(String own, String argument, String... aliases) {
    var found = new ArrayList<Setting>();
    add(found, own);
    arguments.setting(argument).ifPresent(found::add);
    for (var alias : aliases) {
      add(found, alias);
    }
    return first(own, found);
  }

  private void add(List<Setting> found, String name) {
    present(name).ifPresent(value -> found.add(new Setting(name, value)));
  }

  /** The one that counts; that others say something else is one warning. */
  private Optional<Setting> first(String own, List<Setting> found) {
    if (found.isEmpty()) {
      return Optional.empty();
    }
    var winner = found.getFirst();
    names.put(own, winner.name());
    var losers =
        found.stream()
            .filter(other -> !other.value().equals(winner.value()))
            .map(Setting::name)
            .collect(Collectors.joining(" and "));
    if (!losers.isEmpty()) {
      warnings.add(
          "%s: ignored, because %s is set to something else".formatted(losers, winner.name()));
    }
    return Optional.of(winner);
  }

  private Optional<String> present(String name) {
    return Optional.ofNullable(environment.get(name))
        .map(String::strip)
        .filter(value -> !value.isEmpty());
  }
}
