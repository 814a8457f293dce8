package org.tailjar.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** A ping every 20 ms while something is broken: counts what was lost, and the longest silence. */
final class PingStream {

  private static final Duration INTERVAL = Duration.ofMillis(20);
  private static final Pattern SEQUENCE = Pattern.compile("icmp_seq=(\\d+) ttl=");

  /** What came of it. */
  record Figures(int sent, int lost, Duration longestSilence) {

    /** Says what it was about, and prints it. */
    Figures of(String outage) {
      System.out.printf(
          Locale.ROOT,
          "%s: %d of %d packets lost, longest silence %d ms%n",
          outage,
          lost,
          sent,
          longestSilence.toMillis());
      return this;
    }
  }

  private final Lab lab;
  private final String log;
  private final Process process;

  private PingStream(Lab lab, String log, Process process) {
    this.lab = lab;
    this.log = log;
    this.process = process;
  }

  /** Begins, once the first one is answered. */
  static PingStream start(Lab lab, String from, String address) {
    String log = "ping-" + System.nanoTime();
    Path file = lab.file(log);
    String interval = String.format(Locale.ROOT, "%.2f", INTERVAL.toMillis() / 1e3);
    PingStream stream =
        new PingStream(
            lab,
            log,
            lab.spawn(from, file, Map.of(), "ping", "-n", "-i", interval, "-W", "1", address));
    stream.awaitAnswers(1);
    return stream;
  }

  /** Waits for so many more answers than there were: the outage is over. */
  void awaitAnswers(int more) {
    int before = answers().length;
    assertThat(Shell.eventually(() -> answers().length >= before + more))
        .as("pings are answered again: %s", end())
        .isTrue();
  }

  private String end() {
    String text = lab.read(log);
    return text.substring(Math.max(0, text.length() - 1000));
  }

  private int[] answers() {
    return SEQUENCE
        .matcher(lab.read(log))
        .results()
        .mapToInt(r -> Integer.parseInt(r.group(1)))
        .sorted()
        .toArray();
  }

  /** Ends it, once one more is answered: what is then still under way is not lost. */
  Figures stop() {
    awaitAnswers(1);
    Shell.run("kill", "-INT", Long.toString(process.pid())).succeeded();
    Shell.await(process);
    int[] answered = answers();
    int longest = 0;
    for (int i = 1; i < answered.length; i++) {
      longest = Math.max(longest, answered[i] - answered[i - 1] - 1);
    }
    // What went before the first answer, to a peer that did not know this node yet, is no outage's.
    // Nor are those that were still under way at the end: several on a slow machine.
    int sent = answered[answered.length - 1] - (answered[0] - 1);
    return new Figures(
        sent,
        sent - (int) Arrays.stream(answered).distinct().count(),
        INTERVAL.multipliedBy(longest));
  }
}
