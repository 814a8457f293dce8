package org.tailjar.launcher;

import java.io.PrintStream;
import java.text.MessageFormat;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.MissingResourceException;
import java.util.ResourceBundle;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes one line a message, whatever the message holds. An exception is told by its class and
 * message; the stack trace follows only at debug level, for people who look for a fault.
 */
final class ConsoleLogger implements System.Logger {
  private static final String OWN_PREFIX = "org.tailjar.";

  /** Libraries and the JDK are heard only from here on: their INFO is not ours. */
  private static final Level LEAST_OF_OTHERS = Level.WARNING;

  private final String name;
  private final String shownName;
  private final PrintStream out;
  private final LongSupplier clock;

  /**
   * A logger.
   *
   * @param clock milliseconds since 1970
   */
  ConsoleLogger(String name, PrintStream out, LongSupplier clock) {
    this.name = name;
    this.shownName = name.startsWith(OWN_PREFIX) ? name.substring(OWN_PREFIX.length()) : name;
    this.out = out;
    this.clock = clock;
  }

  @Override
  public String getName() {
    return name;
  }

  @Override
  public boolean isLoggable(Level level) {
    var least = ConsoleLogging.settings().level();
    if (!name.startsWith(OWN_PREFIX) && least.compareTo(LEAST_OF_OTHERS) < 0) {
      least = LEAST_OF_OTHERS;
    }
    return level != Level.OFF && level.compareTo(least) >= 0;
  }

  @Override
  public void log(
      Level level,
      @Nullable ResourceBundle bundle,
      @Nullable String message,
      @Nullable Throwable thrown) {
    if (isLoggable(level)) {
      write(level, translated(bundle, message), thrown);
    }
  }

  @Override
  public void log(
      Level level,
      @Nullable ResourceBundle bundle,
      @Nullable String format,
      @Nullable Object @Nullable ... parameters) {
    if (isLoggable(level)) {
      write(level, formatted(translated(bundle, format), parameters), null);
    }
  }

  private void write(Level level, String message, @Nullable Throwable thrown) {
    var text = new StringBuilder(message);
    boolean traced = ConsoleLogging.settings().level().compareTo(Level.DEBUG) <= 0;
    if (thrown != null) {
      text.append(message.isEmpty() ? "" : ": ").append(thrown);
      for (var cause = thrown.getCause(); cause != null; cause = cause.getCause()) {
        text.append("; caused by ").append(cause);
      }
      if (traced) {
        for (var frame : thrown.getStackTrace()) {
          text.append(" | ").append(frame);
        }
      }
    }
    var time = Instant.ofEpochMilli(clock.getAsLong()).truncatedTo(ChronoUnit.MILLIS);
    var line =
        switch (ConsoleLogging.settings().format()) {
          case TEXT ->
              "%s %-7s %s: %s"
                  .formatted(time, level.getName(), shownName, text.toString().strip())
                  .replaceAll("\\R", " | ")
                  // A server's words must not steer the terminal that shows them.
                  .replaceAll("\\p{Cntrl}", "?");
          case JSON ->
              "{\"time\":\"%s\",\"level\":\"%s\",\"logger\":%s,\"message\":%s}"
                  .formatted(
                      time,
                      level.getName().toLowerCase(Locale.ROOT),
                      quoted(shownName),
                      quoted(text.toString().strip()));
        };
    // One call writes one line: lines of two threads never mix.
    out.print(line + "\n");
    out.flush();
  }

  private static String translated(@Nullable ResourceBundle bundle, @Nullable String message) {
    if (message == null) {
      return "";
    }
    try {
      return bundle == null ? message : bundle.getString(message);
    } catch (MissingResourceException | ClassCastException e) {
      return message;
    }
  }

  private static String formatted(String format, @Nullable Object @Nullable [] parameters) {
    if (parameters == null || parameters.length == 0) {
      return format;
    }
    try {
      return MessageFormat.format(format, parameters);
    } catch (IllegalArgumentException e) {
      return format;
    }
  }

  /** A JSON string (RFC 8259, section 7). */
  private static String quoted(String text) {
    var out = new StringBuilder(text.length() + 2).append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (c < 0x20) {
            out.append("\\u%04x".formatted((int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    return out.append('"').toString();
  }
}
