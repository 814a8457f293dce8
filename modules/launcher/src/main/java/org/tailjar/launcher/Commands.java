package org.tailjar.launcher;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** The commands that talk to a running node. They are named, and print, as the incumbent's do. */
@Command(
    name = "tailjar",
    description = "A Tailscale-compatible node for self-hosted Headscale. Without a command: run.",
    mixinStandardHelpOptions = true,
    versionProvider = Commands.ProgramVersion.class,
    synopsisSubcommandLabel = "[COMMAND]",
    exitCodeOnInvalidInput = ExitStatus.USAGE,
    subcommands = {
      Commands.Run.class,
      Commands.Status.class,
      Commands.Ip.class,
      Ping.class,
      Netcheck.class,
      WhoIs.class,
      Commands.Logout.class,
      Commands.Healthcheck.class,
      Commands.ShowVersion.class,
      CommandLine.HelpCommand.class
    })
final class Commands {
  private final Map<String, String> environment;

  @Option(
      names = "--socket",
      paramLabel = "PATH",
      scope = CommandLine.ScopeType.INHERIT,
      description = "The node's command socket (TAILSCALE_SOCKET).")
  private @Nullable Path path;

  private Commands(Map<String, String> environment) {
    this.environment = environment;
  }

  /** Runs one command. Returns its exit status. */
  static int execute(
      List<String> arguments, Map<String, String> environment, PrintStream out, PrintStream err) {
    var line = new CommandLine(new Commands(environment));
    line.setOut(new PrintWriter(out, true, StandardCharsets.UTF_8));
    line.setErr(new PrintWriter(err, true, StandardCharsets.UTF_8));
    line.setParameterExceptionHandler(Commands::misused);
    line.setExecutionExceptionHandler(
        (e, command, parsed) -> {
          command.getErr().println(e.getMessage());
          return ExitStatus.FAILURE;
        });
    return line.execute(arguments.toArray(String[]::new));
  }

  /** A wrong command line is one line: what is wrong, and where it is said what is right. */
  private static int misused(CommandLine.ParameterException e, String[] arguments) {
    var command = e.getCommandLine();
    var name = command.getCommandSpec().qualifiedName();
    var unmatched =
        e instanceof CommandLine.UnmatchedArgumentException unknown
            ? unknown.getUnmatched()
            : List.<String>of();
    String wrong;
    if (unmatched.isEmpty()) {
      wrong = e.getMessage().lines().findFirst().orElse("wrong arguments");
    } else {
      var word = unmatched.getFirst();
      boolean option = word.startsWith("-");
      var known =
          option
              ? command.getCommandSpec().optionsMap().keySet()
              : command.getSubcommands().keySet();
      var kind = option ? "option" : known.isEmpty() ? "argument" : "command";
      wrong =
          "unknown %s \"%s\"%s"
              .formatted(
                  kind,
                  word.replaceAll("\\p{Cntrl}", "?"),
                  Nearest.to(word, known).map(near -> ", did you mean " + near + "?").orElse(""));
    }
    command.getErr().println("%s: %s (%1$s --help says more)".formatted(name, wrong));
    return ExitStatus.USAGE;
  }

  SocketLocation socket() {
    return Optional.ofNullable(path)
        .map(wanted -> new SocketLocation(wanted, wanted))
        .orElseGet(() -> SocketLocation.from(environment));
  }

  LocalApiClient client() {
    return new LocalApiClient(socket());
  }

  /** What every command has. */
  @Command(mixinStandardHelpOptions = true, exitCodeOnInvalidInput = ExitStatus.USAGE)
  abstract static class Base implements Callable<Integer> {
    @ParentCommand @Nullable Commands parent;

    @CommandLine.Spec CommandLine.Model.@Nullable CommandSpec spec;

    LocalApiClient client() {
      return Objects.requireNonNull(parent).client();
    }

    PrintWriter out() {
      return Objects.requireNonNull(spec).commandLine().getOut();
    }

    PrintWriter err() {
      return Objects.requireNonNull(spec).commandLine().getErr();
    }
  }

  /** Only its help is reached here: {@link Main} runs it. */
  @Command(
      name = "run",
      description = {
        "Run the node until a signal comes; configured by the environment:",
        "TAILSCALE_SERVER_URL (required), TAILSCALE_KEY or TAILSCALE_KEY_FILE, TAILSCALE_HOSTNAME,",
        "TAILSCALE_STATE_DIR, TAILSCALE_CA_FILE, TAILSCALE_INTERFACE, TAILSCALE_UDP_PORT,"
            + " TAILSCALE_MTU,",
        "TAILSCALE_LOGOUT, TAILSCALE_EPHEMERAL, TAILSCALE_ACCEPT_DNS, TAILSCALE_ACCEPT_ROUTES,",
        "TAILSCALE_HEALTH_ADDR, TAILSCALE_SOCKET, TAILSCALE_LOG_LEVEL, TAILSCALE_LOG_FORMAT,",
        "TAILSCALE_DISABLE_OFFLOADS, and HTTPS_PROXY, HTTP_PROXY, NO_PROXY. README.md says what",
        "each does."
      })
  static final class Run extends Base {
    @Override
    public Integer call() {
      err().println("tailjar run takes no arguments; it is configured by the environment");
      return ExitStatus.USAGE;
    }
  }

  /** Prints the status. */
  @Command(name = "status", description = "Show this node and its peers.")
  static final class Status extends Base {
    @Option(names = "--json", description = "As JSON, in the form of the incumbent's.")
    private boolean json;

    @Option(names = "--active", description = "Only peers with traffic.")
    private boolean active;

    @Option(
        names = "--peers",
        negatable = true,
        defaultValue = "true",
        fallbackValue = "true",
        description = "With the peers, which is the default.")
    private boolean peers;

    @Override
    public Integer call() throws IOException {
      if (json) {
        out().println(JsonLayout.indented(client().statusText(peers)));
        return ExitStatus.OK;
      }
      var status = client().status(peers);
      out().print(StatusTable.of(status, active));
      out().flush();
      return StatusTable.isUp(status) ? ExitStatus.OK : ExitStatus.FAILURE;
    }
  }

  /** Prints addresses. */
  @Command(name = "ip", description = "Show the tailnet addresses of this node or of a peer.")
  static final class Ip extends Base {
    @Option(names = "-4", description = "Only IPv4.")
    private boolean four;

    @Option(names = "-6", description = "Only IPv6.")
    private boolean six;

    @Option(names = "-1", description = "Only one address.")
    private boolean one;

    @Parameters(arity = "0..1", paramLabel = "PEER", description = "A name or an address.")
    private @Nullable String peer;

    @Override
    public Integer call() throws IOException {
      if (four && six) {
        err().println("tailjar ip: -4 and -6 exclude each other");
        return ExitStatus.USAGE;
      }
      var status = client().status(peer != null);
      var name = peer;
      var addresses =
          name == null
              ? status.tailscaleIps()
              : PeerName.find(status, name)
                  .map(StatusDocument.Machine::tailscaleIps)
                  .orElseThrow(() -> new IOException("no peer has the name or address " + name));
      var wanted =
          addresses.stream()
              .filter(text -> !four && !six || four == (text.indexOf(':') < 0))
              .limit(one ? 1 : Long.MAX_VALUE)
              .toList();
      if (wanted.isEmpty()) {
        throw new IOException(
            addresses.isEmpty()
                ? "no address yet; state: " + status.backendState()
                : "no address of that kind");
      }
      wanted.forEach(out()::println);
      return ExitStatus.OK;
    }
  }

  /** Gives the registration up. */
  @Command(name = "logout", description = "Expire this node; it then needs an auth key again.")
  static final class Logout extends Base {
    @Override
    public Integer call() throws IOException {
      client().logout();
      return ExitStatus.OK;
    }
  }

  /** Reached with {@code --socket} or for its help; {@link Main} runs the bare command. */
  @Command(name = "healthcheck", description = "Exit with 0 when the node is ready, else 1.")
  static final class Healthcheck extends Base {
    @Override
    public Integer call() {
      return HealthCheck.run(Objects.requireNonNull(parent).socket(), System.out);
    }
  }

  /** Prints the version. */
  @Command(name = "version", description = "Show the version.")
  static final class ShowVersion extends Base {
    @Override
    public Integer call() {
      out().println(Version.TEXT);
      return ExitStatus.OK;
    }
  }

  /** For {@code --version}. */
  static final class ProgramVersion implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {Version.TEXT};
    }
  }

  /** An address that is written as such. */
  static Optional<InetAddress> literal(String text) {
    try {
      return Optional.of(InetAddress.ofLiteral(text));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
