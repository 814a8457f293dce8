package org.tailjar.systemtests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Kills our node with SIGKILL at random moments of its start: in its first join with a key that can
 * be used once, and in restarts. After each, the server must know one node at most, and the same as
 * before; after every few, the node must come up as that one. Started by {@code scripts/kill-test}.
 */
final class KillTest {

  /** After so many kills the node is removed, and a new one joins. */
  private static final int KILLS_OF_ONE_NODE = 5;

  private static final Duration SETTLE = Duration.ofSeconds(60);

  private final Lab lab;
  private final TailjarNode node;
  private final Random random = new Random();
  private long startMillis;
  private int kills;
  private int nodes;
  private int inFirstJoin;
  private int unrecorded;

  private KillTest(Lab lab) {
    this.lab = lab;
    node = lab.tailjar("na");
  }

  public static void main(String[] arguments) throws IOException, InterruptedException {
    int rounds = Integer.parseInt(arguments[0]);
    try (Lab lab = Lab.start(Lab.Scheme.HTTP)) {
      new KillTest(lab).run(rounds);
    }
  }

  private void run(int rounds) throws IOException, InterruptedException {
    measureStart();
    System.err.printf("a start takes %d ms; killing within that%n", startMillis);
    while (kills < rounds) {
      lifeOfANode(Math.min(KILLS_OF_ONE_NODE, rounds - kills));
      System.err.printf("%d of %d%n", kills, rounds);
    }
    System.out.printf(
        "%d kills survived, the identity never changed: %d nodes, each with a key for one use;%n"
            + "%d kills before the node had recorded its registration, %d of these when the server"
            + " already knew it%n",
        kills, nodes, inFirstJoin, unrecorded);
  }

  private void measureStart() throws IOException {
    node.with("TAILSCALE_KEY", lab.key());
    long began = System.nanoTime();
    node.start().awaitReady();
    startMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
    node.kill();
    forget();
  }

  private void lifeOfANode(int times) throws IOException, InterruptedException {
    nodes++;
    node.with("TAILSCALE_KEY", lab.key());
    String identity = "";
    for (int i = 0; i < times; i++) {
      node.start();
      TimeUnit.MILLISECONDS.sleep(random.nextLong(startMillis));
      check(node.isRunning(), "the node ended by itself");
      node.kill();
      kills++;
      boolean recorded = isRecorded();
      String seen = seenAfter(identity);
      check(!recorded || !seen.isEmpty(), "the node recorded what the server does not know");
      inFirstJoin += recorded ? 0 : 1;
      unrecorded += !recorded && !seen.isEmpty() ? 1 : 0;
      identity = seen;
    }
    node.start();
    check(
        Shell.eventually(
            SETTLE, () -> !node.isRunning() || node.tailjar("healthcheck").status() == 0),
        "the node is not ready within " + SETTLE);
    check(node.isRunning(), "the node ended by itself");
    identity = seenAfter(identity);
    check(identity.contains("\"" + node.ip4() + "\""), "the node has an address of its own mind");
    check(isRecorded(), "the registration is not recorded");
    node.kill();
    forget();
  }

  /** What the server knows, which is the same as before unless that was nothing. */
  private String seenAfter(String before) {
    String seen = lab.identities();
    check(lab.nodeCount() <= 1, "the server knows more than one node");
    check(before.isEmpty() || before.equals(seen), "was " + before + " and is " + seen);
    return seen;
  }

  private boolean isRecorded() throws IOException {
    Path state = node.state().resolve("tailjar.state");
    return Files.exists(state) && Files.readString(state).contains("registered true");
  }

  private void forget() throws IOException {
    String id = lab.identities().replaceFirst("(?s)^\\D*(\\d+).*$", "$1");
    lab.headscale("nodes", "delete", "-i", id, "--force").succeeded();
    try (var files = Files.list(node.state())) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
  }

  private void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalStateException(
          "after %d kills: %s; the end of its log:%n%s"
              .formatted(
                  kills,
                  otherwise,
                  String.join(
                      "\n",
                      node.logText()
                          .lines()
                          .skip(Math.max(0, node.logText().lines().count() - 20))
                          .toList())));
    }
  }
}
