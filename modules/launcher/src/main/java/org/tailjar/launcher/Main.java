package org.tailjar.launcher;

import java.util.List;
import org.tailjar.tailnet.DeviceKind;
import org.tailjar.tailnet.Tailnet;

/** The {@code tailjar} program. */
public final class Main {
  private Main() {}

  /** Runs one command and ends the process with its exit status. */
  public static void main(String... arguments) {
    System.exit(run(List.of(arguments)));
  }

  /** The command line parser stays off the two paths on which memory and time count. */
  private static int run(List<String> arguments) {
    var environment = System.getenv();
    if (arguments.isEmpty() || arguments.equals(List.of("run"))) {
      if (Boolean.getBoolean(Training.PROPERTY)) {
        return Training.run(environment);
      }
      return new Daemon(environment, Tailnet::open, DeviceKind.TUN).run();
    }
    if (arguments.equals(List.of("healthcheck"))) {
      return HealthCheck.run(SocketLocation.from(environment), System.out);
    }
    return Commands.execute(arguments, environment, System.out, System.err);
  }
}
