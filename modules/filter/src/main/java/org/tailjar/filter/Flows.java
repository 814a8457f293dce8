package org.tailjar.filter;

/** What is known of the flows that this node started. */
public interface Flows {

  /** Whether a packet with this tuple answers a flow that is remembered. RX thread. */
  boolean isReply(
      int protocol,
      long sourceHigh,
      long sourceLow,
      int sourcePort,
      long destinationHigh,
      long destinationLow,
      int destinationPort);
}
