package org.tailjar.systemtests.throughput;

/** A program, or a build of ours, of which two nodes make a tunnel. */
public interface Peer {

  /** What it is called in options and tables. */
  String name();

  /** What it says of itself, to be printed beside its figures. */
  String version();

  /** Whether it can carry the relayed load. */
  boolean relays();

  /** Starts both nodes; {@link Tunnel#awaitDirect} says when they are connected. */
  Tunnel open();

  /** Name and version, as a heading. */
  default String title() {
    return version().isEmpty() ? name() : name() + " " + version();
  }
}
