package org.tailjar.systemtests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.tailjar.systemtests.throughput.CleanExit;

/**
 * Kills our node with SIGKILL where its state changes: in joins, restarts, changes of its key,
 * logouts and logins. After each kill the next start must come up as the same node: same number,
 * machine key, name and addresses at the server, which knows no other. Started by {@code
 * scripts/kill-test}.
 *
 * <p>The moments of a phase are random, one in each of as many equal parts of its duration as it
 * has rounds; how long it takes is measured once, before the first kill.
 */
final class KillTest {

  /** What goes on when the node is killed. */
  enum Phase {
    /** The first start, with a key that can be used once. */
    JOIN,
    /** A start of a node that has joined. */
    RESTART,
    /** The server lets the node key expire; the node registers with a new one. */
    KEY_CHANGE,
    /** The start after a kill in a key change, a logout or a login. */
    RECOVERY,
    LOGOUT,
    /** The start after a logout. */
    LOGIN;

    String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }

  private static final Duration SETTLE = Duration.ofSeconds(60);
  private static final Pattern KEY = Pattern.compile("\"node_key\": \"(nodekey:[0-9a-f]{64})\"");

  /** In the order of a node's life; a recovery comes after every second of the last three. */
  private static final List<Phase> ROUNDS =
      List.of(Phase.JOIN, Phase.RESTART, Phase.KEY_CHANGE, Phase.LOGOUT, Phase.LOGIN);

  private final Lab lab;
  private final TailjarNode node;
  private final Random random = new Random();
  private final Map<Phase, Long> durations = new EnumMap<>(Phase.class);
  private final Map<Phase, List<Double>> moments = new EnumMap<>(Phase.class);
  private final Map<Phase, Map<String, Integer>> found = new EnumMap<>(Phase.class);
  private final int rounds;
  private final long began = System.nanoTime();
  private int kills;
  private String identity = "";
  private String keptKey = "";
  private String serverKey = "";
  private boolean oneUseKey;

  private KillTest(Lab lab, int rounds) {
    this.lab = lab;
    this.rounds = rounds;
    node = lab.tailjar("na");
  }

  public static void main(String[] arguments) throws Exception {
    int rounds = Integer.parseInt(arguments[0]);
    int status =
        CleanExit.of(
            () -> {
              Lab.needWithLab("headscale", "curl");
              try (Lab lab = Lab.start(Lab.Scheme.HTTP)) {
                new KillTest(lab, rounds).run();
              }
              return 0;
            });
    System.exit(status);
  }

  private void run() throws IOException, InterruptedException {
    measure();
    for (int i = 0; kills < rounds; i++) {
      Phase phase = ROUNDS.get(i % ROUNDS.size());
      round(phase);
      boolean again = (i / ROUNDS.size()) % 2 == 0 && ROUNDS.indexOf(phase) > 1;
      if (again && kills < rounds) {
        round(Phase.RECOVERY);
      }
      comeUp();
    }
    System.out.printf("%-11s %6s %9s  %s%n", "phase", "kills", "survived", "what was there");
    found.forEach(
        (phase, states) -> {
          int all = states.values().stream().mapToInt(Integer::intValue).sum();
          System.out.printf(
              "%-11s %6d %9d  %s%n",
              phase.text(),
              all,
              all,
              states.entrySet().stream()
                  .map(state -> state.getValue() + " " + state.getKey())
                  .collect(Collectors.joining("; ")));
        });
    System.out.printf(
        "%d kills survived in %d s: always the same node, and the server knew no other%n",
        kills, TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began));
  }

  /** Goes once through everything without a kill. */
  private void measure() throws IOException {
    for (Phase phase : ROUNDS) {
      prepare(phase);
      keptKey = keptKey();
      Optional<Process> cause = begin(phase);
      awaitCause(phase, cause);
      long start = System.nanoTime();
      awaitEnd(phase);
      durations.put(phase, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
      if (phase == Phase.LOGOUT) {
        node.kill();
      }
      comeUp();
    }
    durations.put(Phase.RECOVERY, durations.get(Phase.RESTART));
    System.err.println("without a kill: " + durations + " ms");
  }

  private void round(Phase phase) throws IOException, InterruptedException {
    prepare(phase);
    long duration = durations.get(phase);
    long moment = (long) (next(phase) * duration);
    keptKey = keptKey();
    serverKey = serverKey();
    Optional<Process> cause = begin(phase);
    awaitCause(phase, cause);
    TimeUnit.MILLISECONDS.sleep(moment);
    check(node.isRunning(), "the node ended by itself");
    node.kill();
    kills++;
    // What comes to the server late belongs to this round.
    cause.ifPresent(Shell::await);
    String state = state();
    checkServer();
    found.computeIfAbsent(phase, any -> new TreeMap<>()).merge(state, 1, Integer::sum);
    System.err.printf(
        "%d of %d: %s, killed after %d of %d ms: %s%n",
        kills, rounds, phase.text(), moment, duration, state);
  }

  /** The next moment of a phase, from 0 to 1. */
  private double next(Phase phase) {
    List<Double> left = moments.computeIfAbsent(phase, any -> new ArrayList<>());
    if (left.isEmpty()) {
      int parts = Math.max(8, rounds / ROUNDS.size());
      for (int i = 0; i < parts; i++) {
        left.add((i + random.nextDouble()) / parts);
      }
      Collections.shuffle(left, random);
    }
    return left.removeLast();
  }

  /** Leads the node to where a phase begins. */
  private void prepare(Phase phase) throws IOException {
    switch (phase) {
      case JOIN -> {
        forget();
        oneUseKey = true;
        node.with("TAILSCALE_KEY", lab.server().key());
      }
      case RESTART -> node.kill();
      case KEY_CHANGE, LOGOUT -> useReusableKey();
      case LOGIN -> {
        useReusableKey();
        node.tailjar("logout").succeeded();
        node.kill();
      }
      case RECOVERY -> {}
    }
  }

  /** A node that was logged in with a key for one use is started with another. */
  private void useReusableKey() throws IOException {
    if (oneUseKey) {
      oneUseKey = false;
      node.kill();
      node.with("TAILSCALE_KEY", lab.server().key("--reusable"));
      comeUp();
    }
  }

  /** Starts the node, or what makes it change its key. */
  private Optional<Process> begin(Phase phase) {
    return switch (phase) {
      case JOIN, RESTART, RECOVERY, LOGIN -> {
        node.start();
        yield Optional.empty();
      }
      case KEY_CHANGE ->
          Optional.of(
              lab.spawn(
                  "hs",
                  lab.file("expire.log"),
                  Map.of(),
                  "headscale",
                  "-c",
                  lab.file("config.yaml").toString(),
                  "nodes",
                  "expire",
                  "-i",
                  number()));
      case LOGOUT ->
          Optional.of(
              lab.spawn(
                  "na",
                  lab.file("logout.log"),
                  Map.of(),
                  "curl",
                  "-sS",
                  "--unix-socket",
                  lab.file("na.sock").toString(),
                  "-X",
                  "POST",
                  "http://local-tailscaled.sock/localapi/v0/logout"));
    };
  }

  /** A change of the key begins when the server has expired the old one. */
  private static void awaitCause(Phase phase, Optional<Process> cause) {
    if (phase == Phase.KEY_CHANGE) {
      cause.ifPresent(Shell::await);
    }
  }

  /** Waits for the end of a phase that nothing disturbs. */
  private void awaitEnd(Phase phase) {
    boolean ended =
        switch (phase) {
          case JOIN, RESTART, RECOVERY, LOGIN -> Shell.eventually(SETTLE, this::isReady);
          case KEY_CHANGE ->
              Shell.eventually(SETTLE, () -> isRecorded() && !keptKey().equals(keptKey));
          case LOGOUT -> Shell.eventually(SETTLE, () -> !isRecorded());
        };
    check(ended, "the " + phase.text() + " does not end");
  }

  private boolean isReady() {
    return node.tailjar("healthcheck").status() == 0;
  }

  /** Starts the node where it is killed, and checks all of it. */
  private void comeUp() throws IOException {
    if (!node.isRunning()) {
      node.start();
    }
    check(
        Shell.eventually(SETTLE, () -> !node.isRunning() || isReady()),
        "the node is not ready within " + SETTLE);
    check(node.isRunning(), "the node ended by itself");
    // A node that is up by its saved map may not have spoken with the server yet.
    check(
        Shell.eventually(SETTLE, () -> isRecorded() && ownKey().equals(serverKey())),
        "the node's key is " + ownKey() + " and the server's " + serverKey());
    checkServer();
    check(identity.contains("\"" + node.ip4() + "\""), "the node has an address of its own mind");
    check(!node.logText().contains("cannot be read"), "what was saved cannot be read");
  }

  /** The server knows this node as before, and no other. */
  private void checkServer() {
    String nodes = lab.headscale().identities();
    check(lab.server().nodeCount() <= 1, "the server knows more than one node");
    String seen =
        nodes.lines().filter(line -> !line.contains("\"node_key\"")).collect(Collectors.joining());
    check(identity.isEmpty() || identity.equals(seen), "was " + identity + " and is " + seen);
    identity = seen;
  }

  /** What a kill left, against what was there when the phase began. */
  private String state() {
    if (!Files.exists(file())) {
      check(keptKey.isEmpty(), "the state is gone");
      return "no state";
    }
    return (keptKey().equals(keptKey) ? "same key" : "new key")
        + (isRecorded() ? " recorded" : " stored")
        + (serverKey().equals(serverKey) ? "" : ", new at the server");
  }

  private Path file() {
    return node.state().resolve("tailjar.state");
  }

  private String kept() {
    try {
      return Files.exists(file()) ? Files.readString(file()) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean isRecorded() {
    return kept().contains("registered true");
  }

  private String keptKey() {
    return kept().lines().filter(line -> line.startsWith("node-key ")).findAny().orElse("");
  }

  private String serverKey() {
    Matcher key = KEY.matcher(lab.headscale().identities());
    return key.find() ? key.group(1) : "";
  }

  private String ownKey() {
    Matcher key =
        Pattern.compile("\"PublicKey\": \"(nodekey:[0-9a-f]{64})\"").matcher(node.statusJson());
    return key.find() ? key.group(1) : "";
  }

  private String number() {
    return lab.headscale().identities().replaceFirst("(?s)^\\D*(\\d+).*$", "$1");
  }

  private void forget() throws IOException {
    if (identity.isEmpty()) {
      return;
    }
    node.kill();
    lab.headscale().run("nodes", "delete", "-i", number(), "--force").succeeded();
    identity = "";
    try (var files = Files.list(node.state())) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
  }

  private void check(boolean holds, String otherwise) {
    if (!holds) {
      List<String> log = node.logText().lines().toList();
      throw new IllegalStateException(
          "after %d kills: %s; the end of its log:%n%s"
              .formatted(
                  kills,
                  otherwise,
                  String.join("\n", log.subList(Math.max(0, log.size() - 20), log.size()))));
    }
  }
}
