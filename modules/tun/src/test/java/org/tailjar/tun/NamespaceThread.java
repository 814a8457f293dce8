package org.tailjar.tun;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.tailjar.linux.Netlink;

/** A thread in a network namespace of its own; sockets and devices that it opens belong there. */
final class NamespaceThread implements AutoCloseable {

  private static final int CLONE_NEWNET = 0x4000_0000;

  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory());

  interface Body {
    void run() throws Exception;
  }

  /** Skips the test, saying why, where that is not possible. */
  NamespaceThread() {
    assumeTrue(Files.exists(Path.of("/dev/net/tun")), "needs /dev/net/tun");
    try {
      assumeTrue(
          call(() -> unshare() == 0), "needs the right to make a network namespace (SYS_ADMIN)");
      run(
          () -> {
            try (Netlink netlink = Netlink.open()) {
              netlink.setUp(netlink.link("lo").orElseThrow().index(), true);
            }
          });
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("the network namespace cannot be entered", e);
    }
  }

  <T> Future<T> start(Callable<T> body) {
    return thread.submit(body);
  }

  <T> T call(Callable<T> body) throws Exception {
    try {
      return start(body).get(150, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case Exception cause -> throw cause;
        case Error cause -> throw cause;
        default -> throw e;
      }
    }
  }

  void run(Body body) throws Exception {
    call(
        () -> {
          body.run();
          return true;
        });
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }

  @SuppressWarnings("restricted")
  private static int unshare() {
    Linker linker = Linker.nativeLinker();
    MethodHandle unshare =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("unshare"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    try {
      return (int) unshare.invokeExact(CLONE_NEWNET);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }
}
