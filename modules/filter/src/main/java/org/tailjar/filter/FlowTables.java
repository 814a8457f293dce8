package org.tailjar.filter;

import java.util.List;

/**
 * The tables of several TX threads, of which each records into its own, so that none keeps another
 * waiting; what comes in is asked of all of them. The packets of a flow all go by one thread, so
 * one table has it. Owned by one RX thread.
 */
public final class FlowTables implements Flows {

  private final Flows[] tables;

  /** Where the last reply was found. */
  private int last;

  /** At least one, each as this RX thread may ask it. */
  public FlowTables(List<? extends Flows> tables) {
    this.tables = tables.toArray(Flows[]::new);
  }

  @Override
  public boolean isReply(
      int protocol,
      long sourceHigh,
      long sourceLow,
      int sourcePort,
      long destinationHigh,
      long destinationLow,
      int destinationPort) {
    for (int i = 0; i < tables.length; i++) {
      int next = (last + i) % tables.length;
      if (tables[next].isReply(
          protocol,
          sourceHigh,
          sourceLow,
          sourcePort,
          destinationHigh,
          destinationLow,
          destinationPort)) {
        last = next;
        return true;
      }
    }
    return false;
  }
}
