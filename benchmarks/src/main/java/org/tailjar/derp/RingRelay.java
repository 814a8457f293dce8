package org.tailjar.derp;

import java.lang.foreign.MemorySegment;
import java.util.function.BooleanSupplier;
import org.tailjar.crypto.NodePublicKey;

/**
 * A relay that nothing is written to: frames wait in {@link DerpOutput} until they are taken, and
 * each ping among them is answered at once.
 */
public final class RingRelay implements Relay {

  private static final BooleanSupplier NEVER_WAIT = () -> true;

  private final DerpOutput output = new DerpOutput(System::nanoTime);
  private final byte[] taken = new byte[DerpOutput.TAKEN_BYTES];

  /** An empty one. */
  public RingRelay() {}

  /** Takes all that waits; returns the bytes. */
  public long drain() throws InterruptedException {
    long bytes = 0;
    int length;
    while ((length = output.take(taken, NEVER_WAIT)) > 0) {
      bytes += length;
      int ping = length - DerpFrames.HEADER_LENGTH - DerpFrames.PING_LENGTH;
      if (ping >= 0 && taken[ping] == DerpFrames.PING) {
        output.pong(taken, ping + DerpFrames.HEADER_LENGTH);
      }
    }
    return bytes;
  }

  @Override
  public void sendFrames(MemorySegment from, long offset, int length) {
    output.frames(from, offset, length);
  }

  @Override
  public void send(NodePublicKey destination, MemorySegment from, long offset, int length) {
    output.packet(MemorySegment.ofArray(destination.bytes()), from, offset, length);
  }

  @Override
  public int regionId() {
    return 1;
  }

  @Override
  public String regionCode() {
    return "ring";
  }

  @Override
  public boolean isConnected() {
    return true;
  }
}
