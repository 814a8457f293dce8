package org.tailjar.systemtests.throughput;

import java.util.List;
import java.util.Map;
import org.tailjar.systemtests.Lab;
import org.tailjar.systemtests.LabNode;

/**
 * Running nodes of one kind that know each other, on hosts of a lab of their own: one that sends
 * unless a load is reversed, and one or several that receive.
 */
public interface Tunnel extends AutoCloseable {

  /** How many calls to the system carried how many packets. */
  record Calls(long calls, long packets) {
    Calls plus(Calls others) {
      return new Calls(calls + others.calls, packets + others.packets);
    }
  }

  /**
   * One node.
   *
   * @param host the host that it is on
   * @param ip4 its address in the tunnel
   * @param ip6 the same for IPv6
   * @param process its process; 0 where the kernel does the work
   */
  record End(String host, String ip4, String ip6, long process) {
    static End of(String host, LabNode node) {
      return new End(host, node.ip4(), node.ip6(), node.pid());
    }
  }

  /** The host that sends unless a load is reversed. */
  String SENDER = "na";

  /** The hosts that receive, in the order in which there are any. */
  List<String> RECEIVERS = List.of("nb", "nc", "nd");

  /** The one that receives where only one does. */
  String RECEIVER = RECEIVERS.getFirst();

  Lab lab();

  /** The sender, then the receivers. */
  List<End> ends();

  /** The first receiver's address in the tunnel. */
  default String target() {
    return ends().get(1).ip4();
  }

  /** Waits until packets go from the sender to every receiver; throws if they do not. */
  void awaitDirect();

  /**
   * Waits, while UDP between the nodes is blocked, until packets go to the first receiver through
   * the relay.
   */
  default void awaitRelayed() {
    throw new UnsupportedOperationException("no relay");
  }

  /** Counters of a host since its start, for those metrics that are means of such. */
  default Map<Metric, Calls> calls(String host) {
    return Map.of();
  }

  @Override
  default void close() {
    lab().close();
  }
}
