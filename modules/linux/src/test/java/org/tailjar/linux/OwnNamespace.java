package org.tailjar.linux;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/** Runs a test in a network namespace of its own: a namespace belongs to a thread. */
final class OwnNamespace {

  private static final int CLONE_NEWNET = 0x4000_0000;

  private OwnNamespace() {}

  interface Body {
    void run() throws Exception;
  }

  static void run(Body body) throws Exception {
    FutureTask<Boolean> task =
        new FutureTask<>(
            (Callable<Boolean>)
                () -> {
                  if (unshare() != 0) {
                    return false;
                  }
                  try (Netlink netlink = Netlink.open()) {
                    netlink.setUp(netlink.link("lo").orElseThrow().index(), true);
                  }
                  body.run();
                  return true;
                });
    Thread.ofPlatform().daemon().start(task);
    try {
      assumeTrue(
          task.get(60, TimeUnit.SECONDS),
          "needs the right to make a network namespace (SYS_ADMIN)");
    } catch (java.util.concurrent.ExecutionException e) {
      switch (e.getCause()) {
        case Exception cause -> throw cause;
        case Error cause -> throw cause;
        default -> throw e;
      }
    }
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
