package org.tailjar.crypto;

import java.lang.invoke.MethodHandle;

/** The machine code of {@link Avx512Batch}, made when this class is first used. */
final class Avx512Code {

  private static final MethodHandle CHACHA20 = MachineCode.function(Avx512ChaCha20.code());
  private static final MethodHandle POLY1305 = MachineCode.function(Avx512Poly1305.code());

  private Avx512Code() {}

  /** Runs {@link Avx512ChaCha20} with the parameters at an address. */
  static void addKeyStream(long parameters) {
    try {
      CHACHA20.invokeExact(parameters);
    } catch (Throwable e) {
      throw Rethrow.unchecked(e);
    }
  }

  /** Runs {@link Avx512Poly1305} with the parameters at an address. */
  static void authenticate(long parameters) {
    try {
      POLY1305.invokeExact(parameters);
    } catch (Throwable e) {
      throw Rethrow.unchecked(e);
    }
  }
}
