package org.tailjar.tailnet;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Looks after the interface every few seconds: a program that switches it off and on takes all
 * routes and IPv6 addresses away, and the application would stay cut off until the server has news.
 */
final class InterfaceWatch {

  static final Duration INTERVAL = Duration.ofSeconds(10);

  private InterfaceWatch() {}

  /**
   * Begins.
   *
   * @param look puts back what is missing; false when that is not to be done any more
   * @param interval time between two looks
   * @return the thread that looks; it ends with the last look
   */
  static Thread start(BooleanSupplier look, Duration interval) {
    return Thread.ofVirtual()
        .name("interface-watch")
        .start(
            () -> {
              try {
                do {
                  TimeUnit.NANOSECONDS.sleep(interval.toNanos());
                } while (look.getAsBoolean());
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }
}
