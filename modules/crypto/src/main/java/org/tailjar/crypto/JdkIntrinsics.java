package org.tailjar.crypto;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.security.Key;
import java.security.spec.AlgorithmParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The two private methods of the JDK that the JVM replaces with hand-written vector code:
 * ChaCha20's block function and Poly1305's inner loop. They are reached with {@code
 * --add-opens=java.base/com.sun.crypto.provider=org.tailjar.crypto}; this is no supported
 * interface, so nothing else of ours depends on it, and {@link KnownAnswer} tests it at every
 * start.
 *
 * <p>Poly1305's inner loop may be called through its object alone: its compiled form works on the
 * arrays that it is given, its interpreted form on the object's fields. Both are the same memory if
 * the arrays are those of the object, which is why a {@link Poly1305} keeps an object with its
 * limbs.
 */
final class JdkIntrinsics {

  private static final String PACKAGE = "com.sun.crypto.provider";
  private static final String FIELD_PACKAGE = "sun.security.util.math";

  private JdkIntrinsics() {}

  /**
   * Whether the methods can be called: the packages are open to us, and their insides are as known.
   */
  static boolean arePresent() {
    Module base = Object.class.getModule();
    Module ours = JdkIntrinsics.class.getModule();
    if (!base.isOpen(PACKAGE, ours) || !base.isExported(FIELD_PACKAGE, ours)) {
      return false;
    }
    try {
      find();
      return true;
    } catch (ReflectiveOperationException anotherJdk) {
      return false;
    }
  }

  /**
   * ChaCha20's block function (RFC 8439 2.3) for as many consecutive blocks as the processor does
   * at once, 1 to 16.
   *
   * @param state 16 words; the block counter in word 12 is not advanced
   * @param keyStream 1024 bytes
   * @return how many bytes of key stream were written, a multiple of 64
   */
  static int chaCha20Blocks(int[] state, byte[] keyStream) {
    try {
      return (int) Handles.CHACHA20_BLOCKS.invokeExact(state, keyStream);
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  private static RuntimeException rethrow(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    throw e instanceof RuntimeException runtime ? runtime : new IllegalStateException(e);
  }

  /** A Poly1305 computation over whole blocks, used again for every message. Not thread-safe. */
  static final class Poly1305 {

    /** Block length in bytes. */
    static final int BLOCK_LENGTH = 16;

    private final Object computation;
    private final long[] accumulator;
    private final long[] multiplier;

    Poly1305() {
      try {
        computation = Handles.POLY1305_NEW.invokeExact(false);
        // Any key makes the elements whose limbs are set for each message.
        Key key = new SecretKeySpec(new byte[32], "Poly1305");
        Handles.POLY1305_INIT.invokeExact(computation, key, (AlgorithmParameterSpec) null);
        accumulator = (long[]) Handles.ACCUMULATOR_LIMBS.invokeExact(computation);
        multiplier = (long[]) Handles.MULTIPLIER_LIMBS.invokeExact(computation);
      } catch (Throwable e) {
        throw rethrow(e);
      }
    }

    /** Starts a message with the first half of its one-time key, {@code r}; clamps it. */
    void start(long rLow, long rHigh) {
      Poly1305Limbs.clampAndSplit(rLow, rHigh, multiplier);
      for (int i = 0; i < Poly1305Limbs.COUNT; i++) {
        accumulator[i] = 0;
      }
    }

    /** Takes {@code length} bytes, a multiple of 16, as all of the message. */
    void update(byte[] input, int length) {
      try {
        Handles.POLY1305_UPDATE.invokeExact(computation, input, 0, length);
      } catch (Throwable e) {
        throw rethrow(e);
      }
    }

    /** The limbs of the sum, not reduced. */
    long[] sum() {
      return accumulator;
    }
  }

  private record Found(
      MethodHandle chaCha20Blocks,
      MethodHandle poly1305New,
      MethodHandle poly1305Init,
      MethodHandle poly1305Update,
      MethodHandle accumulatorLimbs,
      MethodHandle multiplierLimbs) {}

  private static Found find() throws ReflectiveOperationException {
    Class<?> cipher = Class.forName(PACKAGE + ".ChaCha20Cipher");
    MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(cipher, MethodHandles.lookup());
    Class<?> poly1305 = lookup.findClass(PACKAGE + ".Poly1305");
    MethodHandles.Lookup inPoly1305 =
        MethodHandles.privateLookupIn(poly1305, MethodHandles.lookup());
    Class<?> element = inPoly1305.findClass(FIELD_PACKAGE + ".IntegerModuloP");
    Class<?> mutableElement = inPoly1305.findClass(FIELD_PACKAGE + ".MutableIntegerModuloP");
    MethodHandle limbs =
        inPoly1305.findVirtual(element, "getLimbs", MethodType.methodType(long[].class));
    MethodType toLimbs = MethodType.methodType(long[].class, Object.class);
    return new Found(
        lookup.findStatic(
            cipher,
            "implChaCha20Block",
            MethodType.methodType(int.class, int[].class, byte[].class)),
        inPoly1305
            .findConstructor(poly1305, MethodType.methodType(void.class, boolean.class))
            .asType(MethodType.methodType(Object.class, boolean.class)),
        inPoly1305
            .findVirtual(
                poly1305,
                "engineInit",
                MethodType.methodType(void.class, Key.class, AlgorithmParameterSpec.class))
            .asType(
                MethodType.methodType(
                    void.class, Object.class, Key.class, AlgorithmParameterSpec.class)),
        inPoly1305
            .findVirtual(
                poly1305,
                "engineUpdate",
                MethodType.methodType(void.class, byte[].class, int.class, int.class))
            .asType(
                MethodType.methodType(
                    void.class, Object.class, byte[].class, int.class, int.class)),
        MethodHandles.filterReturnValue(
                inPoly1305.findGetter(poly1305, "a", mutableElement),
                limbs.asType(MethodType.methodType(long[].class, mutableElement)))
            .asType(toLimbs),
        MethodHandles.filterReturnValue(inPoly1305.findGetter(poly1305, "r", element), limbs)
            .asType(toLimbs));
  }

  private static final class Handles {

    static final MethodHandle CHACHA20_BLOCKS;
    static final MethodHandle POLY1305_NEW;
    static final MethodHandle POLY1305_INIT;
    static final MethodHandle POLY1305_UPDATE;
    static final MethodHandle ACCUMULATOR_LIMBS;
    static final MethodHandle MULTIPLIER_LIMBS;

    static {
      try {
        Found found = find();
        CHACHA20_BLOCKS = found.chaCha20Blocks;
        POLY1305_NEW = found.poly1305New;
        POLY1305_INIT = found.poly1305Init;
        POLY1305_UPDATE = found.poly1305Update;
        ACCUMULATOR_LIMBS = found.accumulatorLimbs;
        MULTIPLIER_LIMBS = found.multiplierLimbs;
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    private Handles() {}
  }
}
