package org.tailjar.systemtests.throughput;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.tailjar.systemtests.Lab;
import org.tailjar.systemtests.Shell;

/**
 * A tunnel of two nodes of a tailnet, which choose the path between them.
 *
 * @param ping what the sender's own ping command says, the path of the answer among it
 * @param counters of a host
 */
record TailnetTunnel(
    Lab lab,
    String target,
    List<Long> processes,
    Supplier<String> ping,
    Function<String, Map<Metric, Calls>> counters)
    implements Tunnel {

  /** The incumbent takes longer to see that a path is gone than to find one. */
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @Override
  public void awaitDirect() {
    await("via 10.77.0.");
  }

  @Override
  public void awaitRelayed() {
    await("via DERP(");
  }

  private void await(String path) {
    boolean there =
        Shell.eventually(
            LIMIT,
            () -> {
              // An idle path is not kept.
              lab.pings(SENDER, target, 1);
              return ping.get().contains(path);
            });
    if (!there) {
      throw new IllegalStateException("no ping " + path + ": " + ping.get());
    }
  }

  @Override
  public Map<Metric, Calls> calls(String host) {
    return counters.apply(host);
  }
}
