package org.tailjar.headscale;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** How long a server that answers 429 wants to be left alone: RFC 9110 section 10.2.3. */
final class RetryAfter {

  private static final int TOO_MANY_REQUESTS = 429;
  private static final Duration LONGEST = Duration.ofHours(1);

  private RetryAfter() {}

  /** Zero for any other status; 5 to 10 s when the header is absent, unreadable or over an hour. */
  static Duration of(int status, @Nullable String header) {
    return of(status, header, Instant.now());
  }

  static Duration of(int status, @Nullable String header, Instant now) {
    if (status != TOO_MANY_REQUESTS) {
      return Duration.ZERO;
    }
    @Nullable Duration asked = header == null ? null : parse(header.strip(), now);
    if (asked == null || asked.isNegative() || asked.compareTo(LONGEST) > 0) {
      return Duration.ofMillis(ThreadLocalRandom.current().nextLong(5000, 10_000));
    }
    return asked;
  }

  private static @Nullable Duration parse(String text, Instant now) {
    try {
      if (text.matches("[0-9]{1,9}")) {
        return Duration.ofSeconds(Long.parseLong(text));
      }
      ZonedDateTime date = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME);
      return Duration.between(now, date.toInstant());
    } catch (DateTimeException e) {
      return null;
    }
  }
}
