package org.tailjar.headscale;

import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Keeps what a control client tells, in order. */
final class RecordingListener implements ControlListener {

  sealed interface Event {}

  record Map(NetworkMap map) implements Event {}

  record Connected() implements Event {}

  record Lost(String reason) implements Event {}

  record ReRegister() implements Event {}

  record Url(String url) implements Event {}

  private static final Duration LIMIT = Duration.ofSeconds(100);

  private final LinkedBlockingQueue<Event> events = new LinkedBlockingQueue<>();

  @Override
  public void networkMap(NetworkMap map) {
    events.add(new Map(map));
  }

  @Override
  public void connected() {
    events.add(new Connected());
  }

  @Override
  public void lost(String reason) {
    events.add(new Lost(reason));
  }

  @Override
  public void reRegister() {
    events.add(new ReRegister());
  }

  @Override
  public void openUrl(String url) {
    events.add(new Url(url));
  }

  <T extends Event> T await(Class<T> type) throws InterruptedException {
    return await(type, e -> true);
  }

  /** The next event of a type that a condition holds for; others before it are dropped. */
  <T extends Event> T await(Class<T> type, Predicate<T> condition) throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (true) {
      @Nullable Event event = events.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (event == null) {
        throw new AssertionError("no " + type.getSimpleName() + " within " + LIMIT);
      }
      if (type.isInstance(event) && condition.test(type.cast(event))) {
        return type.cast(event);
      }
    }
  }

  /** The next event, which has to be of this type. */
  <T extends Event> T next(Class<T> type) throws InterruptedException {
    @Nullable Event event = events.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
    if (!type.isInstance(event)) {
      throw new AssertionError("no " + type.getSimpleName() + " but " + event);
    }
    return type.cast(event);
  }

  /** Whether nothing of this type was told, beyond what was taken. */
  boolean isQuiet(Class<? extends Event> type) {
    return events.stream().noneMatch(type::isInstance);
  }
}
