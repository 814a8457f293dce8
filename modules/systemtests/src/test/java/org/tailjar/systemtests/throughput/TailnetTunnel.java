package org.tailjar.systemtests.throughput;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.tailjar.systemtests.Lab;
import org.tailjar.systemtests.Shell;

/**
 * A tunnel of nodes of a tailnet, which choose the paths between them.
 *
 * @param ping what the sender's own ping command says of an address, the path of the answer among
 *     it
 * @param counters of a host
 */
record TailnetTunnel(
    Lab lab,
    List<End> ends,
    UnaryOperator<String> ping,
    Function<String, Map<Metric, Calls>> counters)
    implements Tunnel {

  @Override
  public void awaitDirect() {
    ends.stream().skip(1).forEach(receiver -> await(receiver.ip4(), "via 10.77.0."));
  }

  @Override
  public void awaitRelayed() {
    await(target(), "via DERP(");
  }

  private void await(String address, String path) {
    boolean there =
        Shell.eventually(
            () -> {
              // An idle path is not kept.
              lab.pings(SENDER, address, 1);
              return ping.apply(address).contains(path);
            });
    if (!there) {
      throw new IllegalStateException("no ping " + path + ": " + ping.apply(address));
    }
  }

  @Override
  public Map<Metric, Calls> calls(String host) {
    return counters.apply(host);
  }
}
