package org.tailjar.launcher;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.tailjar.packet.EchoDevice;
import org.tailjar.tailnet.DeviceKind;
import org.tailjar.tailnet.NodeConfig;
import org.tailjar.tailnet.StartException;
import org.tailjar.tailnet.Tailnet;
import org.tailjar.tailnet.TailnetNode;

/**
 * The run that the AOT cache is made from: a node on a device that needs no kernel, which sends
 * back what it receives, and beside it the commands that otherwise are other processes, so that
 * their classes are in the cache too.
 */
final class Training {

  /** The system property that asks for it; {@code scripts/build} alone sets it. */
  static final String PROPERTY = "tailjar.training";

  private static final System.Logger LOG = System.getLogger("org.tailjar.launcher");
  private static final long POLL_MILLIS = 100;
  private static final String CLASS = ".class";

  private static final List<List<String>> COMMANDS =
      List.of(
          List.of("version"),
          List.of("status"),
          List.of("status", "--json"),
          List.of("ip"),
          List.of("ip", "-4"),
          List.of("--help"));

  /** What a node does with the kernel's interface, which this run has no privilege for. */
  private static final List<String> UNTRAINED = List.of("org.tailjar.tun", "org.tailjar.linux");

  private Training() {}

  /** As {@link Daemon#run}. */
  static int run(Map<String, String> environment) {
    UNTRAINED.forEach(Training::load);
    if (!joinAndLeave(environment)) {
      return ExitStatus.FAULT;
    }
    Thread.ofVirtual().name("commands").start(() -> runCommands(environment));
    return new Daemon(environment, Training::open, DeviceKind.MEMORY).run();
  }

  private static TailnetNode open(NodeConfig config) {
    return Tailnet.open(config, new EchoDevice(config.interfaceName(), config.mtu()));
  }

  /** What comes after is a start as most are: with the state and the map of an earlier one. */
  private static boolean joinAndLeave(Map<String, String> environment) {
    if (!(Configuration.from(environment, "") instanceof Configuration.Accepted(var accepted, _))) {
      return true; // what comes after says why
    }
    try (var node = open(accepted.nodeConfig(DeviceKind.MEMORY))) {
      node.start();
      while (!node.ready()) {
        if (node.failed().toCompletableFuture().isDone()) {
          LOG.log(System.Logger.Level.ERROR, "the first life of the training does not come up");
          return false;
        }
        Thread.sleep(POLL_MILLIS);
      }
      return true;
    } catch (StartException e) {
      LOG.log(System.Logger.Level.ERROR, StartMessages.of(e.failure(), accepted));
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Loads all classes of a module: those that do nothing here are in the cache all the same. */
  private static void load(String name) {
    var module = ModuleLayer.boot().findModule(name).orElseThrow();
    var reference = module.getLayer().configuration().findModule(name).orElseThrow().reference();
    try (var reader = reference.open();
        var resources = reader.list()) {
      resources
          .filter(resource -> resource.endsWith(CLASS) && !resource.equals("module-info" + CLASS))
          .map(resource -> resource.substring(0, resource.length() - CLASS.length()))
          .forEach(resource -> Class.forName(module, resource.replace('/', '.')));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void runCommands(Map<String, String> environment) {
    var nowhere = new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
    var location = SocketLocation.from(environment);
    try {
      // Polling as Docker does; nothing else tells another process that the node is ready.
      while (HealthCheck.run(location, nowhere) != 0) {
        Thread.sleep(POLL_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    for (var command : COMMANDS) {
      Commands.execute(command, environment, nowhere, nowhere);
    }
    try {
      DnsTraining.run();
    } catch (IOException e) {
      LOG.log(System.Logger.Level.ERROR, "no look-ups in the training: {0}", e.getMessage());
      return;
    }
    LOG.log(System.Logger.Level.INFO, "the commands have run");
  }
}
