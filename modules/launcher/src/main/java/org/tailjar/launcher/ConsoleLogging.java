package org.tailjar.launcher;

import java.lang.System.Logger;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The backend of {@link System.Logger} for the whole process: one line a message to standard error.
 * It needs no java.logging and no configuration file; the environment's log settings apply from
 * {@link #configure} on.
 */
public final class ConsoleLogging extends System.LoggerFinder {
  private static volatile LogSettings settings = LogSettings.DEFAULT;

  private final ConcurrentMap<String, Logger> loggers = new ConcurrentHashMap<>();

  /** Called by the service loader. */
  public ConsoleLogging() {}

  /** Changes level and format of all loggers, those that exist included. */
  static void configure(LogSettings wanted) {
    settings = wanted;
  }

  static LogSettings settings() {
    return settings;
  }

  @Override
  public Logger getLogger(String name, Module module) {
    return loggers.computeIfAbsent(
        name, n -> new ConsoleLogger(n, System.err, System::currentTimeMillis));
  }
}
