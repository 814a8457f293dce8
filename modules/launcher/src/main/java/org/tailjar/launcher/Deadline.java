package org.tailjar.launcher;

import java.io.IOException;
import java.nio.channels.Channel;
import java.time.Duration;

/**
 * Closes a channel unless it is itself closed before: channels of the file system know no timeouts.
 */
final class Deadline implements AutoCloseable {
  private final Thread thread;
  private volatile boolean passed;

  Deadline(Channel channel, Duration timeout) {
    thread =
        Thread.ofVirtual()
            .name("deadline")
            .start(
                () -> {
                  try {
                    Thread.sleep(timeout);
                    passed = true;
                    channel.close();
                  } catch (InterruptedException | IOException e) {
                    // In time, or closed already: nothing is left to do.
                    return;
                  }
                });
  }

  /** Whether it closed the channel. */
  boolean passed() {
    return passed;
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
