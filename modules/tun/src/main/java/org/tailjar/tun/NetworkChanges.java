package org.tailjar.tun;

import java.time.Duration;
import java.util.OptionalInt;
import org.tailjar.linux.NetworkEvent;

/**
 * Decides what events mean and when to act on them, with no clock of its own: a burst of them is
 * acted on once, and a program that changes things all the time has no effect all the time.
 */
final class NetworkChanges {

  static final long NEVER = Long.MAX_VALUE;

  /** From the first event of a burst to the look at the interface. */
  static final long LOOK_DELAY = Duration.ofMillis(100).toNanos();

  /** Shortest time between two looks. */
  static final long LOOK_INTERVAL = Duration.ofSeconds(1).toNanos();

  /** The underlying network is asked about when it has been quiet for so long. */
  static final long QUIET = Duration.ofMillis(300).toNanos();

  /** And at the latest after so long. */
  static final long LONGEST_UNREST = Duration.ofSeconds(2).toNanos();

  private final String interfaceName;
  private OptionalInt index = OptionalInt.empty();
  private long nextLook;
  private long lookAt = NEVER;
  private long unrestSince = NEVER;
  private long quietAt = NEVER;

  /** Nothing has happened yet. */
  NetworkChanges(String interfaceName, long now) {
    this.interfaceName = interfaceName;
    nextLook = now;
  }

  /** Says which number the interface has now. */
  void index(OptionalInt known) {
    index = known;
  }

  /** Takes an event. */
  void event(NetworkEvent event, long now) {
    switch (event) {
      case NetworkEvent.Link(int link, String name) when name.equals(interfaceName) -> {
        index = OptionalInt.of(link);
        look(now);
      }
      // It bears another name now, perhaps.
      case NetworkEvent.Link(int link, String name) when isOurs(link) -> look(now);
      case NetworkEvent.Address(int link) when isOurs(link) -> look(now);
      case NetworkEvent.Route(int table, boolean isDefault) when table == Router.TABLE -> look(now);
      case NetworkEvent.Route(int table, boolean isDefault) -> {
        if (isDefault) {
          unrest(now);
        }
      }
      case NetworkEvent.Rule(int priority) -> {
        if (Router.isPriority(priority)) {
          look(now);
        }
      }
      case NetworkEvent.Link link -> unrest(now);
      case NetworkEvent.Address address -> unrest(now);
      case NetworkEvent.Missed missed -> {
        look(now);
        unrest(now);
      }
    }
  }

  private boolean isOurs(int link) {
    return index.isPresent() && index.getAsInt() == link;
  }

  private void look(long now) {
    lookAt = Math.min(lookAt, Math.max(nextLook, now + LOOK_DELAY));
  }

  private void unrest(long now) {
    unrestSince = Math.min(unrestSince, now);
    quietAt = Math.min(now + QUIET, unrestSince + LONGEST_UNREST);
  }

  /** When there is something to do, {@link #NEVER} if nothing happens. */
  long deadline() {
    return Math.min(lookAt, quietAt);
  }

  /** Whether to look after the interface now. */
  boolean takeLook(long now) {
    if (now < lookAt) {
      return false;
    }
    lookAt = NEVER;
    nextLook = now + LOOK_INTERVAL;
    return true;
  }

  /** Whether to ask now what the underlying network is like. */
  boolean takeQuiet(long now) {
    if (now < quietAt) {
      return false;
    }
    quietAt = NEVER;
    unrestSince = NEVER;
    return true;
  }
}
