package org.tailjar.systemtests.throughput;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.tailjar.systemtests.Lab;

/** Has the tunnels of all peers up at once, and puts the loads on them in turn. */
final class Measurement implements AutoCloseable {

  /** A peer's nodes on one control server, which is spoken to in one way. */
  private record Contestant(Peer peer, Lab.Scheme scheme, Tunnel tunnel) {

    String title() {
      return peer.title() + (scheme == Lab.Scheme.HTTPS ? ", TLS" : "");
    }
  }

  private final Run run;
  private final Results results;
  private final Progress progress;
  private final List<Contestant> contestants = Collections.synchronizedList(new ArrayList<>());

  private Measurement(Run run, Results results) {
    this.run = run;
    this.results = results;
    progress = new Progress(run);
  }

  /** Adds to the results; when it returns or throws, everything that it made is gone. */
  static void into(Results results, Run run) {
    try (Measurement measurement = new Measurement(run, results)) {
      measurement.open();
      measurement.rounds(false);
      if (run.loads().stream().anyMatch(Load::relayed)) {
        measurement.rounds(true);
      }
    }
  }

  private void open() {
    progress.say(
        run.peers().stream().map(Peer::title).collect(Collectors.joining(", ", "starting ", "")));
    for (Lab.Scheme scheme : Lab.Scheme.values()) {
      List<Load> loads = run.loads().stream().filter(load -> load.scheme() == scheme).toList();
      if (!loads.isEmpty()) {
        int receivers = loads.stream().mapToInt(Load::receivers).max().orElse(1);
        List<Peer> peers =
            run.peers().stream()
                .filter(peer -> scheme == Lab.Scheme.HTTP || peer.relays())
                .toList();
        together(
            peers,
            peer -> contestants.add(new Contestant(peer, scheme, peer.open(receivers, scheme))));
      }
    }
    contestants.sort(Comparator.comparing(each -> run.peers().indexOf(each.peer())));
  }

  /** Does what is mostly waiting for all at once; throws what the first threw that failed. */
  private static <T> void together(List<T> all, Consumer<T> action) {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Object>> tasks =
          all.stream().map(each -> Executors.callable(() -> action.accept(each))).toList();
      for (Future<Object> done : threads.invokeAll(tasks)) {
        done.get();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause().getMessage(), e.getCause());
    }
  }

  private void rounds(boolean relayed) {
    List<Load> loads = run.loads().stream().filter(load -> load.relayed() == relayed).toList();
    List<Contestant> able =
        contestants.stream()
            .filter(each -> loads.stream().anyMatch(load -> load.scheme() == each.scheme()))
            .filter(each -> !relayed || each.peer().relays())
            .toList();
    if (loads.isEmpty() || able.isEmpty()) {
      return;
    }
    if (relayed) {
      progress.say("blocking UDP between the nodes, so that the relay is what is left");
      able.forEach(each -> each.tunnel().lab().blockUdp(Tunnel.SENDER, Tunnel.RECEIVER));
    }
    together(able, each -> awaitPath(each.tunnel(), relayed));
    if (run.warmUp().isPositive()) {
      able.forEach(each -> warmUp(each, relayed));
    }
    progress.begin(run.rounds() * loads.stream().mapToInt(load -> able(able, load).size()).sum());
    for (int round = 1; round <= run.rounds(); round++) {
      for (Load load : loads) {
        List<Contestant> each = able(able, load);
        for (int i = 0; i < each.size(); i++) {
          // Each is the first in turn.
          measure(round, load, each.get((i + round - 1) % each.size()));
        }
      }
    }
  }

  private static List<Contestant> able(List<Contestant> contestants, Load load) {
    return contestants.stream().filter(each -> each.scheme() == load.scheme()).toList();
  }

  private static void awaitPath(Tunnel tunnel, boolean relayed) {
    if (relayed) {
      tunnel.awaitRelayed();
    } else {
      tunnel.awaitDirect();
    }
  }

  private void warmUp(Contestant contestant, boolean relayed) {
    progress.say("warming up " + contestant.title() + (relayed ? ", relayed" : ""));
    List<Load> loads = new ArrayList<>();
    if (relayed) {
      loads.add(Load.RELAYED);
    } else {
      loads.addAll(List.of(Load.TCP1, Load.TCP1_REVERSED));
      if (run.loads().contains(Load.FANOUT)) {
        loads.add(Load.FANOUT); // no other load has the other receivers do anything
      }
    }
    loads.forEach(load -> load.on(contestant.tunnel(), run.warmUp()));
  }

  private void measure(int round, Load load, Contestant contestant) {
    Peer peer = contestant.peer();
    try {
      Map<Metric, Double> sample = load.on(contestant.tunnel(), run.time());
      results.add(round, load, peer, sample);
      progress.measured(round, load, peer, sample);
    } catch (RuntimeException | AssertionError e) {
      if (Thread.currentThread().isInterrupted()) {
        throw e;
      }
      // One that does not get through a flood is no reason to lose the figures of the others.
      String reason = String.valueOf(e.getMessage()).replaceAll("\\s+", " ");
      String line =
          "round %d, %s, %s: %s"
              .formatted(
                  round,
                  load.title(),
                  peer.name(),
                  reason.substring(0, Math.min(300, reason.length())));
      run.failures().add(line);
      progress.failed(line);
    }
  }

  @Override
  public void close() {
    // What was interrupted is to be gone all the same.
    boolean interrupted = Thread.interrupted();
    try {
      together(contestants, each -> each.tunnel().close());
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
