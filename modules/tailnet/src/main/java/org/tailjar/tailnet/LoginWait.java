package org.tailjar.tailnet;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.tailjar.headscale.Registration;

/** Waits for a person to log in at a URL, or for a reason to wait no longer. */
final class LoginWait {

  /** What the server answers to, for as long as that takes. */
  @FunctionalInterface
  interface Question {
    Registration ask() throws IOException;
  }

  private LoginWait() {}

  /**
   * Asks on a thread of its own.
   *
   * @param over looked at now and then; true ends the wait
   * @param look time between two looks
   * @return what the server says once a person has logged in; empty when the wait was over before
   */
  static Optional<Registration> await(Question question, BooleanSupplier over, Duration look)
      throws IOException, InterruptedException {
    CompletableFuture<Registration> login = new CompletableFuture<>();
    Thread waiter =
        Thread.ofVirtual()
            .name("login")
            .start(
                () -> {
                  try {
                    login.complete(question.ask());
                  } catch (IOException | RuntimeException e) {
                    login.completeExceptionally(e);
                  }
                });
    try {
      while (true) {
        try {
          return Optional.of(login.get(look.toNanos(), TimeUnit.NANOSECONDS));
        } catch (TimeoutException e) {
          if (over.getAsBoolean()) {
            return Optional.empty();
          }
        }
      }
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
    } finally {
      waiter.interrupt();
    }
  }
}
