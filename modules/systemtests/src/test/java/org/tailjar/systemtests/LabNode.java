package org.tailjar.systemtests;

/** A node of a lab's tailnet, ours or the incumbent's. */
public interface LabNode extends AutoCloseable {

  /** Its address in the tailnet. */
  String ip4();

  /** The same for IPv6. */
  String ip6();

  /** Its process. */
  long pid();

  @Override
  void close();
}
