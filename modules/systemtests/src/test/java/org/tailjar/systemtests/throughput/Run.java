package org.tailjar.systemtests.throughput;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What is compared, and how.
 *
 * @param peers in the order of the columns; the first is what the others are compared with
 * @param missing a line for each peer that was wanted and is not there
 * @param failures a line for each measurement that failed, added as they do
 */
record Run(
    int rounds,
    Duration time,
    List<Peer> peers,
    List<Load> loads,
    List<String> missing,
    List<String> failures) {

  Run(int rounds, Duration time, List<Peer> peers, List<Load> loads, List<String> missing) {
    this(rounds, time, peers, loads, missing, new ArrayList<>());
  }

  String machine() {
    return System.getProperty("os.arch") + ", Linux " + System.getProperty("os.version");
  }
}
