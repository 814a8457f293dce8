package org.tailjar.systemtests.throughput;

import java.util.Locale;

/** What is measured, in the unit and with the decimals in which it is reported. */
public enum Metric {
  RATE("Gbit/s received", 2, true),
  PACKET_RATE("packets/s received", 0, true),
  PING_P50("round trip p50, ms", 2, false),
  PING_P99("round trip p99, ms", 2, false),
  LOSS("lost, %", 1, false),
  CPU("CPU s/GB of the nodes", 2, false),
  PACKET_CPU("CPU µs/packet of the nodes", 1, false),
  PEAK_SENDER("peak resident memory of the sender, MB", 0, false),
  PEAK_RECEIVER("peak resident memory of the receiver, MB", 0, false),
  TUN_READ("packets per TUN read", 1, true),
  UDP_SEND("packets per UDP send", 1, true),
  UDP_RECEIVE("packets per UDP receive", 1, true),
  TUN_WRITE("packets per TUN write", 1, true);

  private final String title;
  private final int decimals;
  private final boolean moreIsBetter;

  Metric(String title, int decimals, boolean moreIsBetter) {
    this.title = title;
    this.decimals = decimals;
    this.moreIsBetter = moreIsBetter;
  }

  String title() {
    return title;
  }

  boolean moreIsBetter() {
    return moreIsBetter;
  }

  String format(double value) {
    return String.format(Locale.ROOT, "%,." + decimals + "f", value);
  }

  /** Whether it says something to divide one peer's by another's. */
  boolean hasRatio() {
    return this != LOSS;
  }

  /** The name in JSON. */
  String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
