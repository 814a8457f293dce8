package org.tailjar.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How every benchmark is measured: nanoseconds for an operation, compiled and in a hot cache, in a
 * process of its own with the module options and the collector of the linked runtime.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "--enable-native-access=ALL-UNNAMED",
      "--add-opens=java.base/com.sun.crypto.provider=ALL-UNNAMED",
      "--add-exports=java.base/sun.security.util.math=ALL-UNNAMED",
      "-XX:+UseSerialGC"
    })
public abstract class SteadyState {

  /** For the benchmarks. */
  protected SteadyState() {}
}
