package org.tailjar.tailnet;

/**
 * How many packets went through how many calls to the system.
 *
 * @param calls that carried at least one packet
 * @param packets that they carried, each inner or outer IP packet counted once
 */
public record CallCount(long calls, long packets) {
  /** Nothing yet. */
  public static final CallCount NONE = new CallCount(0, 0);

  /** Packets per call, 0 before the first. */
  public double mean() {
    return calls == 0 ? 0 : (double) packets / calls;
  }
}
