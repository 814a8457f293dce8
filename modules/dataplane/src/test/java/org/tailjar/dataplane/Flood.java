package org.tailjar.dataplane;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.opentest4j.TestAbortedException;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.dataplane.Flooder.Kind;
import org.tailjar.dataplane.Namespaces.Program;

/**
 * Measures what a flood of handshake initiations from many addresses takes from a tunnel that
 * carries TCP to the victim: one flow runs all the time, and the kinds of flood take turns, each
 * between two slices of the control, since what a machine can do drifts. Prints a table in
 * Markdown. Started by {@code scripts/bench flood}.
 */
final class Flood {

  private static final String SENDER = "100.64.0.1";
  private static final String VICTIM = "100.64.0.2";
  private static final String ATTACKER_ADDRESS = "192.168.78.1";
  private static final String VICTIM_ADDRESS = "192.168.78.2";
  private static final int PORT = 41641;
  private static final int CONTROL_PORT = 41642;
  private static final int PEERS = 256;
  private static final int UNAVAILABLE = 69;
  private static final long SETTLE_MILLIS = 500;
  private static final long WARM_MILLIS = 8_000;

  /**
   * A kind of flood at a rate, in messages per second.
   *
   * @param control whether it goes to a port where nobody reads: what it costs to send and carry
   */
  private record Load(Kind kind, int rate, boolean control) {

    private String name() {
      return control ? "control" : kind.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }

  /** What the victim says of itself. */
  private record Reading(Map<String, Long> values) {

    static Reading of(Program victim) throws IOException {
      victim.say("statistics");
      String line = victim.hear("stats");
      Map<String, Long> values = new LinkedHashMap<>();
      Matcher matcher = Pattern.compile("(\\w+)=(\\d+)(?![.\\d])").matcher(line);
      while (matcher.find()) {
        values.put(matcher.group(1), Long.parseLong(matcher.group(2)));
      }
      return new Reading(values);
    }

    long since(Reading before, String name) {
      return values.get(name) - before.values.get(name);
    }
  }

  /**
   * One measurement.
   *
   * @param toControl the rate beside that of the control, right before and right after
   * @param cpu seconds of the victim's process for each GB
   * @param work how much of the RX thread's time went to handshakes
   */
  private record Sample(
      double gigabits,
      double toControl,
      double cpu,
      double work,
      double sent,
      double forged,
      double cookies,
      double limited,
      double admitted,
      double authentic) {

    Sample beside(double control) {
      return new Sample(
          gigabits,
          gigabits / control,
          cpu,
          work,
          sent,
          forged,
          cookies,
          limited,
          admitted,
          authentic);
    }
  }

  private final Namespaces namespaces;
  private final String attackerSpace = "tjx" + ProcessHandle.current().pid();
  private final Path directory;
  private final long sliceMillis;

  private Flood(Namespaces namespaces, Path directory, long sliceMillis) {
    this.namespaces = namespaces;
    this.directory = directory;
    this.sliceMillis = sliceMillis;
  }

  public static void main(String[] arguments) throws IOException, InterruptedException {
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 3;
    int seconds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 8;
    List<Integer> rates =
        arguments.length > 2
            ? Arrays.stream(arguments[2].split(",")).map(Integer::valueOf).toList()
            : List.of(2_000, 20_000);
    Set<Kind> kinds =
        arguments.length > 3
            ? Arrays.stream(arguments[3].split(","))
                .map(kind -> Kind.valueOf(kind.toUpperCase(Locale.ROOT)))
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(Kind.class)))
            : EnumSet.range(Kind.FORGED, Kind.PEERS_WITH_COOKIES);
    Path directory = Files.createTempDirectory("flood");
    int status = 0;
    try (Namespaces namespaces = Namespaces.open("iperf3")) {
      new Flood(namespaces, directory, seconds * 1000L).run(rounds, rates, kinds);
    } catch (TestAbortedException e) {
      System.err.println(e.getMessage().replaceFirst("^Assumption failed: ", ""));
      status = UNAVAILABLE;
    } finally {
      for (String file : List.of("public", "private")) {
        Files.deleteIfExists(directory.resolve(file));
      }
      Files.deleteIfExists(directory);
    }
    System.exit(status);
  }

  /** Leaves nothing behind when it is interrupted. */
  private void cleanUp() {
    ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
    for (String namespace : List.of(namespaces.left(), namespaces.right(), attackerSpace)) {
      try {
        ip("netns", "delete", namespace);
      } catch (IOException | InterruptedException _) {
        continue; // it is gone already
      }
    }
  }

  private void run(int rounds, List<Integer> rates, Set<Kind> kinds)
      throws IOException, InterruptedException {
    Runtime.getRuntime().addShutdownHook(new Thread(this::cleanUp));
    NodePrivateKey senderKey = NodePrivateKey.generate();
    NodePrivateKey victimKey = NodePrivateKey.generate();
    List<String> publicKeys = new ArrayList<>();
    List<String> privateKeys = new ArrayList<>();
    for (int i = 0; i < PEERS; i++) {
      NodePrivateKey key = NodePrivateKey.generate();
      publicKeys.add(hex(key.publicKey()));
      privateKeys.add(secret(key));
    }
    Files.write(directory.resolve("public"), publicKeys);
    Files.write(directory.resolve("private"), privateKeys);
    connectAttacker();
    try {
      tunnel(namespaces.left(), senderKey, victimKey, Namespaces.RIGHT_ADDRESS, SENDER, VICTIM);
      Program victim = tunnel(namespaces.right(), victimKey, senderKey, "-", VICTIM, SENDER);
      Program attacker =
          namespaces.java(
              attackerSpace,
              Flooder.class,
              hex(victimKey.publicKey()),
              VICTIM_ADDRESS,
              Integer.toString(PORT),
              Integer.toString(CONTROL_PORT),
              directory.resolve("private").toString());
      attacker.hear("ready");
      startTraffic();
      Map<Load, List<Sample>> samples = new LinkedHashMap<>();
      // What a flood leads to is compiled in its first seconds, which takes much of two cores.
      for (Kind kind : kinds) {
        System.err.println("warm-up: " + kind);
        measure(new Load(kind, rates.getFirst(), false), WARM_MILLIS, attacker, victim);
      }
      for (int round = 1; round <= rounds; round++) {
        System.err.printf("round %d of %d%n", round, rounds);
        Load quiet = new Load(Kind.QUIET, 0, false);
        samples
            .computeIfAbsent(quiet, _ -> new ArrayList<>())
            .add(measure(quiet, sliceMillis, attacker, victim));
        for (int rate : rates) {
          round(rate, kinds, attacker, victim, samples);
        }
      }
      print(rounds, samples);
    } finally {
      Namespaces.run("ip", "netns", "delete", attackerSpace);
    }
  }

  private void connectAttacker() throws IOException, InterruptedException {
    String right = namespaces.right();
    ip("netns", "add", attackerSpace);
    ip(
        "-n",
        attackerSpace,
        "link",
        "add",
        "v1",
        "type",
        "veth",
        "peer",
        "name",
        "v1",
        "netns",
        right);
    ip("-n", attackerSpace, "address", "add", ATTACKER_ADDRESS + "/24", "dev", "v1");
    ip("-n", right, "address", "add", VICTIM_ADDRESS + "/24", "dev", "v1");
    for (String namespace : List.of(attackerSpace, right)) {
      ip("-n", namespace, "link", "set", "v1", "up");
    }
    ip("-n", attackerSpace, "link", "set", "lo", "up");
    ip("-n", attackerSpace, "route", "add", "local", "10.66.0.0/16", "dev", "lo");
    ip("-n", right, "route", "add", "10.66.0.0/16", "via", ATTACKER_ADDRESS);
  }

  private static void ip(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("ip"));
    Collections.addAll(command, arguments);
    Namespaces.run(command.toArray(String[]::new));
  }

  private Program tunnel(
      String namespace,
      NodePrivateKey key,
      NodePrivateKey peer,
      String peerAddress,
      String own,
      String peers)
      throws IOException, InterruptedException {
    Program tunnel =
        namespaces.java(
            namespace,
            TunnelMain.class,
            "tj0",
            "1280",
            Integer.toString(PORT),
            hex(peer.publicKey()),
            peerAddress,
            Integer.toString(PORT),
            "standard",
            own,
            peers,
            directory.resolve("public").toString(),
            Integer.toString(CONTROL_PORT));
    tunnel.say(secret(key));
    tunnel.hear("ready");
    namespaces.configure(namespace, "tj0", own + "/24");
    return tunnel;
  }

  private void startTraffic() throws IOException, InterruptedException {
    namespaces.program(namespaces.right(), "iperf3", "-s", "-1");
    String listening =
        "until ip netns exec %s ss -Htln | grep -q :5201; do sleep 0.1; done"
            .formatted(namespaces.right());
    Namespaces.run("sh", "-c", listening);
    namespaces.program(namespaces.left(), "iperf3", "-c", VICTIM, "-t", "86000");
  }

  private void round(
      int rate, Set<Kind> kinds, Program attacker, Program victim, Map<Load, List<Sample>> samples)
      throws IOException, InterruptedException {
    List<Sample> controls =
        samples.computeIfAbsent(new Load(Kind.QUIET, rate, true), _ -> new ArrayList<>());
    for (Kind kind : kinds) {
      Load load = new Load(kind, rate, false);
      Load control = new Load(kind, rate, true);
      Sample before = measure(control, sliceMillis, attacker, victim);
      Sample sample = measure(load, sliceMillis, attacker, victim);
      Sample after = measure(control, sliceMillis, attacker, victim);
      controls.addAll(List.of(before, after));
      samples
          .computeIfAbsent(load, _ -> new ArrayList<>())
          .add(sample.beside((before.gigabits() + after.gigabits()) / 2));
    }
  }

  private Sample measure(Load load, long millis, Program attacker, Program victim)
      throws IOException, InterruptedException {
    attacker.say("prepare " + load.kind());
    attacker.hear("prepared");
    attacker.say("send " + load.kind() + " " + load.rate() + (load.control() ? " control" : ""));
    Thread.sleep(SETTLE_MILLIS);
    Reading before = Reading.of(victim);
    Thread.sleep(millis);
    Reading after = Reading.of(victim);
    attacker.say("stop");
    String[] sent = attacker.hear("sent").split(" ");
    double seconds = after.since(before, "at") / 1e9;
    return new Sample(
        after.since(before, "bytesIn") * 8 / 1e9 / seconds,
        1,
        after.since(before, "cpu") / (double) after.since(before, "bytesIn"),
        after.since(before, "work") / 1e9 / seconds,
        Long.parseLong(sent[0]) * 1000.0 / Long.parseLong(sent[1]),
        after.since(before, "forged") / seconds,
        after.since(before, "cookies") / seconds,
        after.since(before, "limited") / seconds,
        after.since(before, "admitted") / seconds,
        after.since(before, "authentic") / seconds);
  }

  private void print(int rounds, Map<Load, List<Sample>> samples) {
    System.out.printf(
        Locale.ROOT,
        "One TCP flow to the victim; median of %d slices of %.1f s each (least - most), all on this"
            + " machine's %d cores. The floods come from %d addresses; %d peers' keys are the"
            + " attacker's.%nThe control sends the same to a port where nobody reads: what the"
            + " attacker itself takes; each slice stands between two of it. The last columns are"
            + " what the victim did with the messages, each second, and how much of its RX thread's"
            + " time went to those worked on.%n%n",
        rounds,
        sliceMillis / 1000.0,
        Runtime.getRuntime().availableProcessors(),
        Flooder.SOURCES,
        PEERS);
    System.out.println(
        "| flood | sent /s | Gbit/s | to control | CPU s/GB | refused by MAC | cookies | over"
            + " limits | worked on | accepted | of RX |");
    System.out.println("|---|---|---|---|---|---|---|---|---|---|---|");
    samples.forEach(
        (load, of) ->
            System.out.printf(
                Locale.ROOT,
                "| %s | %.0f | %s | %s | %.2f | %.0f | %.0f | %.0f | %.0f | %.0f | %.1f %% |%n",
                load.name(),
                median(of, Sample::sent),
                range(of, Sample::gigabits),
                load.kind() == Kind.QUIET ? "" : range(of, Sample::toControl),
                median(of, Sample::cpu),
                median(of, Sample::forged),
                median(of, Sample::cookies),
                median(of, Sample::limited),
                median(of, Sample::admitted),
                median(of, Sample::authentic),
                100 * median(of, Sample::work)));
  }

  private static String range(List<Sample> samples, ToDoubleFunction<Sample> value) {
    double[] sorted = samples.stream().mapToDouble(value).sorted().toArray();
    return String.format(
        Locale.ROOT,
        "%.2f (%.2f - %.2f)",
        sorted[sorted.length / 2],
        sorted[0],
        sorted[sorted.length - 1]);
  }

  private static double median(List<Sample> samples, ToDoubleFunction<Sample> value) {
    double[] sorted = samples.stream().mapToDouble(value).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  private static String hex(NodePublicKey key) {
    return HexFormat.of().formatHex(key.bytes());
  }

  private static String secret(NodePrivateKey key) {
    return key.secretText().substring("privkey:".length());
  }
}
