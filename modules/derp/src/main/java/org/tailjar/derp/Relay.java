package org.tailjar.derp;

import java.lang.foreign.MemorySegment;
import org.tailjar.crypto.NodePublicKey;

/**
 * One region as those see it who send through it. The same object as long as the region is in the
 * map. Sending never waits and never fails: what cannot be sent is dropped. Thread-safe.
 */
public interface Relay {

  /** Number of the region. */
  int regionId();

  /** Short name of the region. */
  String regionCode();

  /** Whether there is a connection now on which the server has accepted this node. */
  boolean isConnected();

  /** Sends one packet, copying it. */
  void send(NodePublicKey destination, MemorySegment from, long offset, int length);

  /**
   * Sends a whole batch: frames that lie back to back, each with the header that {@link
   * DerpFrames#putSendHeader} writes. Copies them at once and allocates nothing.
   *
   * @param length of all of them together, in bytes
   */
  void sendFrames(MemorySegment from, long offset, int length);
}
