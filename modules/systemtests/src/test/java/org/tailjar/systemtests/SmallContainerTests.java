package org.tailjar.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A node in a container of 128 MB whose health is asked for all the time. */
class SmallContainerTests {

  private static final int MEGABYTES = 128;
  private static final int SECONDS = 20;

  @Test
  void nothingIsKilledUnderLoadWithHealthChecks() {
    Requirements.need("iperf3");
    try (MemoryGroup group = MemoryGroup.ofMegabytes(MEGABYTES);
        Lab lab = Lab.start(Lab.Scheme.HTTP)) {
      TailjarNode node = lab.tailjar("na").in(group).join();
      TailjarNode peer = lab.tailjar("nb").join();
      String address = peer.ip4();
      lab.spawn("nb", lab.file("iperf-server.log"), Map.of(), "iperf3", "-s", "-1", "-B", address);
      lab.awaitListener("nb", 5201);
      lab.assertReaches("na", address);
      Process load =
          lab.spawn(
              "na",
              lab.file("iperf.log"),
              Map.of(),
              "iperf3",
              "-c",
              address,
              "-P",
              "4",
              "--bidir",
              "-t",
              Integer.toString(SECONDS));
      int checks = 0;
      long most = 0;
      long slowest = 0;
      while (load.isAlive()) {
        long begin = System.nanoTime();
        Shell.Result check = node.tailjar("healthcheck");
        slowest = Math.max(slowest, System.nanoTime() - begin);
        most = Math.max(most, group.anonymousMegabytes());
        assertThat(check.status())
            .as(
                "health check %d said: %s; %d ms at most, %d killed, %d MB held; the log: %s",
                checks, check.output(), slowest / 1_000_000, group.kills(), most, node.logText())
            .isZero();
        checks++;
        // More often than the 10 s of a container, to have more of them in the same time.
        Shell.eventually(Duration.ofSeconds(2), () -> !load.isAlive());
      }
      System.out.printf(
          "%d MB: %d health checks under load, the slowest %d ms, %d killed, at most %d MB held by"
              + " processes, peak with page cache %d MB%n%s%n",
          MEGABYTES,
          checks,
          slowest / 1_000_000,
          group.kills(),
          most,
          group.peakMegabytes(),
          lab.read("iperf.log")
              .lines()
              .filter(line -> line.startsWith("[SUM]") && line.contains("receiver"))
              .toList());
      assertThat(load.exitValue()).as(lab.read("iperf.log")).isZero();
      assertThat(checks).as("checks under load").isGreaterThan(1);
      assertThat(group.kills()).as("processes killed").isZero();
      assertThat(node.isRunning()).isTrue();
      node.terminate();
    }
  }
}
