package org.tailjar.systemtests.throughput;

import java.util.List;
import java.util.stream.Stream;
import org.tailjar.systemtests.Lab;

/** A program, or a build of ours, of which two nodes or more make a tunnel. */
public interface Peer {

  /** What it is called in options and tables. */
  String name();

  /** What it says of itself, to be printed beside its figures. */
  String version();

  /** Whether it can carry the relayed load. */
  boolean relays();

  /**
   * Starts the nodes; {@link Tunnel#awaitDirect} says when they are connected.
   *
   * @param receivers how many of them receive
   * @param scheme how they speak to a control server and its relay, if they have any
   */
  Tunnel open(int receivers, Lab.Scheme scheme);

  /** The hosts of that many receivers, behind the sender's. */
  default List<String> hosts(int receivers) {
    return Stream.concat(Stream.of(Tunnel.SENDER), Tunnel.RECEIVERS.stream().limit(receivers))
        .toList();
  }

  /** Name and version, as a heading. */
  default String title() {
    return version().isEmpty() ? name() : name() + " " + version();
  }
}
