package org.tailjar.dataplane;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.dataplane.Flooder.Kind;
import org.tailjar.dataplane.Namespaces.Program;

/**
 * Measures what a flood of handshake initiations from many addresses takes from a tunnel that
 * carries TCP to the victim: one flow runs all the time, and the kinds of flood take turns. Prints
 * a table in Markdown. Started by {@code scripts/bench flood}.
 */
final class Flood {

  private static final String SENDER = "100.64.0.1";
  private static final String VICTIM = "100.64.0.2";
  private static final String ATTACKER_ADDRESS = "192.168.78.1";
  private static final String VICTIM_ADDRESS = "192.168.78.2";
  private static final int PORT = 41641;
  private static final int CONTROL_PORT = 41642;
  private static final int PEERS = 256;
  private static final long SETTLE_MILLIS = 500;

  /** A kind of flood at a rate, in messages per second. */
  private record Load(Kind kind, int rate) {}

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

  /** One measurement. */
  private record Sample(
      double gigabits,
      double sent,
      double forged,
      double cookies,
      double limited,
      double admitted,
      double authentic) {}

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
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 5;
    int seconds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 3;
    List<Integer> rates =
        arguments.length > 2
            ? Arrays.stream(arguments[2].split(",")).map(Integer::valueOf).toList()
            : List.of(2_000, 20_000);
    Path directory = Files.createTempDirectory("flood");
    try (Namespaces namespaces = Namespaces.open("iperf3")) {
      new Flood(namespaces, directory, seconds * 1000L).run(rounds, rates);
    } finally {
      for (String file : List.of("public", "private")) {
        Files.deleteIfExists(directory.resolve(file));
      }
      Files.deleteIfExists(directory);
    }
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

  private void run(int rounds, List<Integer> rates) throws IOException, InterruptedException {
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
      List<Load> loads = new ArrayList<>();
      loads.add(new Load(Kind.QUIET, 0));
      for (int rate : rates) {
        for (Kind kind : Kind.values()) {
          if (kind != Kind.QUIET) {
            loads.add(new Load(kind, rate));
          }
        }
      }
      Map<Load, List<Sample>> samples = new LinkedHashMap<>();
      for (int round = 0; round <= rounds; round++) {
        for (Load load : loads) {
          Sample sample = measure(load, attacker, victim);
          System.err.printf(
              Locale.ROOT,
              "round %d of %d: %s at %d /s: %.2f Gbit/s%n",
              round,
              rounds,
              load.kind(),
              load.rate(),
              sample.gigabits());
          if (round > 0) { // the first one warms up
            samples.computeIfAbsent(load, _ -> new ArrayList<>()).add(sample);
          }
        }
      }
      print(rounds, loads, samples);
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

  private Sample measure(Load load, Program attacker, Program victim)
      throws IOException, InterruptedException {
    attacker.say("prepare " + load.kind());
    attacker.hear("prepared");
    attacker.say("send " + load.kind() + " " + load.rate());
    Thread.sleep(SETTLE_MILLIS);
    Reading before = Reading.of(victim);
    Thread.sleep(sliceMillis);
    Reading after = Reading.of(victim);
    attacker.say("stop");
    String[] sent = attacker.hear("sent").split(" ");
    double seconds = after.since(before, "at") / 1e9;
    return new Sample(
        after.since(before, "bytesIn") * 8 / 1e9 / seconds,
        Long.parseLong(sent[0]) * 1000.0 / Long.parseLong(sent[1]),
        after.since(before, "forged") / seconds,
        after.since(before, "cookies") / seconds,
        after.since(before, "limited") / seconds,
        after.since(before, "admitted") / seconds,
        after.since(before, "authentic") / seconds);
  }

  private void print(int rounds, List<Load> loads, Map<Load, List<Sample>> samples) {
    System.out.printf(
        Locale.ROOT,
        "One TCP flow to the victim; median of %d slices of %.1f s each (least - most), all on this"
            + " machine's %d cores. The floods come from %d addresses; %d peers' keys are the"
            + " attacker's.%nThe control sends the same to a port where nobody reads: what the"
            + " attacker itself takes. The last columns are what the victim did with the messages,"
            + " each second.%n%n",
        rounds,
        sliceMillis / 1000.0,
        Runtime.getRuntime().availableProcessors(),
        Flooder.SOURCES,
        PEERS);
    System.out.println(
        "| flood | sent /s | Gbit/s | to quiet | to control | refused by MAC | cookies | over"
            + " limits | worked on | accepted |");
    System.out.println("|---|---|---|---|---|---|---|---|---|---|");
    double quiet = median(samples.get(loads.getFirst()), Sample::gigabits);
    double control = quiet;
    for (Load load : loads) {
      List<Sample> of = samples.get(load);
      double[] gigabits = of.stream().mapToDouble(Sample::gigabits).sorted().toArray();
      double median = median(of, Sample::gigabits);
      if (load.kind() == Kind.CONTROL) {
        control = median;
      }
      System.out.printf(
          Locale.ROOT,
          "| %s | %.0f | %.2f (%.2f - %.2f) | %.2f | %s | %.0f | %.0f | %.0f | %.0f | %.0f |%n",
          load.kind().name().toLowerCase(Locale.ROOT).replace('_', ' '),
          median(of, Sample::sent),
          median,
          gigabits[0],
          gigabits[gigabits.length - 1],
          median / quiet,
          load.kind() == Kind.QUIET ? "" : String.format(Locale.ROOT, "%.2f", median / control),
          median(of, Sample::forged),
          median(of, Sample::cookies),
          median(of, Sample::limited),
          median(of, Sample::admitted),
          median(of, Sample::authentic));
    }
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
