package org.tailjar.systemtests.throughput;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.regex.Pattern;
import org.tailjar.systemtests.Lab;
import org.tailjar.systemtests.Shell;

/** Round trips through a tunnel that carries a TCP flow as fast as it can. */
final class Pings {

  private static final Duration INTERVAL = Duration.ofMillis(10);

  /** The TCP flow has the tunnel full before the first ping, and until after the last. */
  private static final Duration LEAD = Duration.ofMillis(300);

  private static final Duration GRACE = Duration.ofSeconds(5);

  private static final Pattern TIME = Pattern.compile("time=([0-9.]+) ms");

  /**
   * What was answered.
   *
   * @param sorted milliseconds, the shortest first; at least one
   */
  record Report(int sent, List<Double> sorted) {

    /** The least time that this share of the answers did not exceed. */
    double milliseconds(double share) {
      return sorted.get((int) Math.ceil(share * sorted.size()) - 1);
    }

    double lostShare() {
      return 1 - (double) sorted.size() / sent;
    }
  }

  private Pings() {}

  static Report underTcp(Tunnel tunnel, Duration time) {
    Lab lab = tunnel.lab();
    Iperf.Target target = new Iperf.Target(Tunnel.RECEIVER, tunnel.target());
    int count = (int) (time.minus(LEAD).minus(LEAD).toMillis() / INTERVAL.toMillis());
    CompletableFuture<Void> flow =
        CompletableFuture.runAsync(
            () -> Iperf.run(lab, List.of(target), time, List.of()), Thread::startVirtualThread);
    try {
      Thread.sleep(LEAD);
      List<String> line =
          lab.inside(
              Tunnel.SENDER,
              "ping",
              "-n",
              "-i",
              String.format(Locale.ROOT, "%.3f", INTERVAL.toMillis() / 1e3),
              "-c",
              Integer.toString(count),
              "-W",
              "1",
              tunnel.target());
      String output = Shell.run(time.plus(GRACE), line).output();
      List<Double> times =
          TIME.matcher(output)
              .results()
              .map(result -> Double.parseDouble(result.group(1)))
              .sorted()
              .toList();
      if (times.isEmpty()) {
        throw new IllegalStateException("no ping is answered: " + output);
      }
      flow.join();
      return new Report(count, times);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (CompletionException e) {
      throw new IllegalStateException("the TCP flow: " + e.getCause().getMessage(), e);
    }
  }
}
