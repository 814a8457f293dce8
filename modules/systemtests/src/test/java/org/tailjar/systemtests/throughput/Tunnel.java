package org.tailjar.systemtests.throughput;

import java.util.List;
import java.util.Map;
import org.tailjar.systemtests.Lab;

/** Two running nodes of one kind, on the hosts {@code na} and {@code nb} of a lab of their own. */
public interface Tunnel extends AutoCloseable {

  /** How many calls to the system carried how many packets. */
  record Calls(long calls, long packets) {}

  /** The host that sends unless a load is reversed. */
  String SENDER = "na";

  String RECEIVER = "nb";

  Lab lab();

  /** The receiver's address in the tunnel. */
  String target();

  /** The processes of the sender and of the receiver; none where the kernel does the work. */
  List<Long> processes();

  /** Waits until packets go from node to node; throws if they do not. */
  void awaitDirect();

  /** Waits, while UDP between the nodes is blocked, until packets go through the relay. */
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
