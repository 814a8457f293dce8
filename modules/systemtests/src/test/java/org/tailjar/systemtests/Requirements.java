package org.tailjar.systemtests;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** What tests of the linked runtime need of the machine. */
public final class Requirements {

  private Requirements() {}

  /** Skips the test, naming what it lacks. */
  public static void need(String... programs) {
    assumeTrue("root".equals(System.getProperty("user.name")), "needs root for network namespaces");
    assumeTrue(Files.exists(Path.of("/dev/net/tun")), "needs /dev/net/tun");
    needLinkedRuntime();
    Programs.missing(programs).ifPresent(Assumptions::abort);
  }

  /** Skips the test where there is no linked runtime. */
  static void needLinkedRuntime() {
    assumeTrue(
        Files.isExecutable(LinkedRuntime.launcher()),
        "needs the linked runtime at " + LinkedRuntime.launcher() + ": run scripts/build");
  }
}
