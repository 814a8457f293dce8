package org.tailjar.magicsock;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One round of STUN after the other, with no I/O and no clock: asks every target up to three times,
 * ends when all have answered, or enough regions have, or the time is over. Owned by the first RX
 * thread; times as in {@link Times}.
 */
final class Netcheck {

  private static final int TRIES = 3;
  private static final long RETRY_INTERVAL = Duration.ofMillis(200).toNanos();
  private static final long ROUND_TIMEOUT = Duration.ofSeconds(3).toNanos();

  /** With the answers of so many regions the slow ones are not waited for. */
  private static final int ENOUGH_REGIONS = 3;

  private static final class Probe {
    private final StunTarget target;
    private final Map<TransactionId, Long> sentAt = new HashMap<>();
    private long nextAt;
    private boolean answered;

    private Probe(StunTarget target, long now) {
      this.target = target;
      nextAt = now;
    }
  }

  private final RandomGenerator random;
  private final BiConsumer<InetSocketAddress, TransactionId> sender;
  private final List<Probe> probes = new ArrayList<>();
  private final Map<Integer, Long> latencies = new HashMap<>();
  private final Set<InetSocketAddress> mapped = new LinkedHashSet<>();
  private final List<InetSocketAddress> mappedIpv4 = new ArrayList<>();
  private boolean ipv6Works;
  private boolean running;
  private long startedAt;
  private @Nullable StunReport report;

  /** A netcheck at rest that sends its requests by {@code sender}. */
  Netcheck(RandomGenerator random, BiConsumer<InetSocketAddress, TransactionId> sender) {
    this.random = random;
    this.sender = sender;
  }

  boolean running() {
    return running;
  }

  /** Begins a round, forgetting one that runs; without targets it ends at once. */
  void start(List<StunTarget> targets, long now) {
    probes.clear();
    latencies.clear();
    mapped.clear();
    mappedIpv4.clear();
    ipv6Works = false;
    report = null;
    running = true;
    startedAt = now;
    targets.forEach(target -> probes.add(new Probe(target, now)));
    advance(now);
  }

  /** Takes an answer; one to a request that is not known here is ignored. */
  void answer(Stun.Response response, long now) {
    if (!running) {
      return;
    }
    for (Probe probe : probes) {
      Long sentAt = probe.sentAt.get(response.id());
      if (sentAt != null && !probe.answered) {
        probe.answered = true;
        latencies.merge(probe.target.regionId(), now - sentAt, Math::min);
        mapped.add(response.mapped());
        if (response.mapped().getAddress() instanceof Inet4Address) {
          mappedIpv4.add(response.mapped());
        }
        ipv6Works |= probe.target.address().getAddress() instanceof Inet6Address;
      }
    }
    finishIfDone(now);
  }

  /**
   * Does what is due.
   *
   * @return when to call again, {@link Times#NONE} when no round runs
   */
  long advance(long now) {
    if (!running) {
      return Times.NONE;
    }
    long next = startedAt + ROUND_TIMEOUT;
    for (Probe probe : probes) {
      if (probe.answered || probe.sentAt.size() == TRIES) {
        continue;
      }
      if (now >= probe.nextAt) {
        TransactionId id = TransactionId.random(random);
        probe.sentAt.put(id, now);
        probe.nextAt = now + RETRY_INTERVAL;
        sender.accept(probe.target.address(), id);
      }
      if (probe.sentAt.size() < TRIES) {
        next = Math.min(next, probe.nextAt);
      }
    }
    finishIfDone(now);
    return running ? Math.min(next, patience()) : Times.NONE;
  }

  /** The report of a round that has ended, once. */
  @Nullable StunReport takeReport() {
    StunReport taken = report;
    report = null;
    return taken;
  }

  private void finishIfDone(long now) {
    if (probes.stream().allMatch(probe -> probe.answered)
        || now >= startedAt + ROUND_TIMEOUT
        || now >= patience()) {
      running = false;
      Map<Integer, Duration> durations = new HashMap<>();
      latencies.forEach((region, nanos) -> durations.put(region, Duration.ofNanos(nanos)));
      report = new StunReport(durations, List.copyOf(mapped), ipv6Works, mappingVaries());
    }
  }

  /** With enough regions heard, the others get twice the time of the slowest of these. */
  private long patience() {
    if (latencies.size() < ENOUGH_REGIONS) {
      return Times.NONE;
    }
    long slowest = latencies.values().stream().mapToLong(Long::longValue).max().orElse(0);
    return startedAt + Math.max(2 * slowest, RETRY_INTERVAL);
  }

  private Optional<Boolean> mappingVaries() {
    return mappedIpv4.size() < 2
        ? Optional.empty()
        : Optional.of(mappedIpv4.stream().distinct().count() > 1);
  }
}
