package org.tailjar.systemtests;

import java.time.Duration;
import java.util.List;
import org.tailjar.systemtests.throughput.CleanExit;

/**
 * What two nodes that nobody uses write into their logs: first with a server that is there, then
 * with one that is not, then after it has come back. Started by {@code scripts/idle-log}.
 */
final class IdleLog {

  /** A loss and its end, for the server and for the relay that is in it. */
  private static final int MOST_LINES = 6;

  private IdleLog() {}

  /** The argument is the length of each of the two phases in seconds. */
  public static void main(String[] arguments) throws Exception {
    Duration phase = Duration.ofSeconds(Long.parseLong(arguments[0]));
    System.exit(CleanExit.of(() -> isQuiet(phase) ? 0 : 1));
  }

  private static boolean isQuiet(Duration phase) {
    Lab.needWithLab("headscale", "ping");
    boolean good = true;
    try (Lab lab = Lab.start(Lab.Scheme.HTTP)) {
      List<TailjarNode> nodes = List.of(lab.tailjar("na").join(), lab.tailjar("nb").join());
      lab.pings("na", nodes.get(1).ip4(), 3);
      // What a start has to say is said by now.
      Shell.pause(Duration.ofSeconds(10));
      List<Integer> before = nodes.stream().map(IdleLog::lines).toList();
      Shell.pause(phase);
      List<Integer> idle = nodes.stream().map(IdleLog::lines).toList();
      lab.headscale().stop();
      Shell.pause(phase);
      lab.headscale().start();
      Shell.eventually(() -> lab.headscale().online("na") && lab.headscale().online("nb"));
      Shell.pause(Duration.ofSeconds(10));
      for (int i = 0; i < nodes.size(); i++) {
        List<String> log = nodes.get(i).logText().lines().toList();
        log.subList(before.get(i), log.size()).forEach(System.out::println);
        int whileIdle = idle.get(i) - before.get(i);
        int whileAway = log.size() - idle.get(i);
        System.out.printf(
            "node %d: %d lines in %d s of idleness, %d in an outage of %d s%n",
            i + 1, whileIdle, phase.toSeconds(), whileAway, phase.toSeconds());
        good &= whileIdle == 0 && whileAway <= MOST_LINES;
      }
    }
    return good;
  }

  private static int lines(TailjarNode node) {
    return (int) node.logText().lines().count();
  }
}
