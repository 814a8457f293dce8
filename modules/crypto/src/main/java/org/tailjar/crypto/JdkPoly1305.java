package org.tailjar.crypto;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.security.Key;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Arrays;
import javax.crypto.spec.SecretKeySpec;

/**
 * The JDK's private Poly1305, whose inner loop the JVM replaces with vector code on processors that
 * have AVX-512 IFMA. It is reached with
 *
 * <pre>{@code
 * --add-opens=java.base/com.sun.crypto.provider=org.tailjar.crypto
 * --add-exports=java.base/sun.security.util.math=org.tailjar.crypto
 * }</pre>
 *
 * <p>The inner loop's compiled form works on the arrays that it is given, its interpreted form on
 * the object's fields. Both are the same memory if the arrays are those of the object. Therefore
 * one of the JDK's objects is kept and its limbs are set for each message, which also makes for no
 * allocation.
 */
final class JdkPoly1305 implements Poly1305 {

  private static final String FIELD_PACKAGE = "sun.security.util.math";

  private final Object computation;
  private final long[] accumulator;
  private final long[] multiplier;

  JdkPoly1305() {
    try {
      computation = Handles.FOUND.create.invokeExact(false);
      // Any key makes the elements whose limbs are set for each message.
      Key key = new SecretKeySpec(new byte[ChaCha20Poly1305.KEY_LENGTH], "Poly1305");
      Handles.FOUND.init.invokeExact(computation, key, (AlgorithmParameterSpec) null);
      accumulator = (long[]) Handles.FOUND.accumulator.invokeExact(computation);
      multiplier = (long[]) Handles.FOUND.multiplier.invokeExact(computation);
    } catch (Throwable e) {
      throw Rethrow.unchecked(e);
    }
  }

  /** Whether the packages are open to us, and their insides as known. */
  static boolean isPresent() {
    Module base = Object.class.getModule();
    Module ours = JdkPoly1305.class.getModule();
    if (!base.isOpen(JdkChaCha20.PACKAGE, ours) || !base.isExported(FIELD_PACKAGE, ours)) {
      return false;
    }
    try {
      Found.find();
      return true;
    } catch (ReflectiveOperationException anotherJdk) {
      return false;
    }
  }

  @Override
  public void start(long rLow, long rHigh) {
    Poly1305Limbs.clampAndSplit(rLow, rHigh, multiplier);
    Arrays.fill(accumulator, 0);
  }

  @Override
  public void update(byte[] input, int length) {
    try {
      Handles.UPDATE.invokeExact(computation, input, 0, length);
    } catch (Throwable e) {
      throw Rethrow.unchecked(e);
    }
  }

  @Override
  public void finish(long sLow, long sHigh, long[] tag) {
    Poly1305Limbs.finish(accumulator, sLow, sHigh, tag);
  }

  private record Found(
      MethodHandle create,
      MethodHandle init,
      MethodHandle update,
      MethodHandle accumulator,
      MethodHandle multiplier) {

    static Found find() throws ReflectiveOperationException {
      Class<?> type = Class.forName(JdkChaCha20.PACKAGE + ".Poly1305");
      MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(type, MethodHandles.lookup());
      Class<?> element = lookup.findClass(FIELD_PACKAGE + ".IntegerModuloP");
      Class<?> mutableElement = lookup.findClass(FIELD_PACKAGE + ".MutableIntegerModuloP");
      MethodHandle limbs =
          lookup.findVirtual(element, "getLimbs", MethodType.methodType(long[].class));
      MethodType toLimbs = MethodType.methodType(long[].class, Object.class);
      return new Found(
          lookup
              .findConstructor(type, MethodType.methodType(void.class, boolean.class))
              .asType(MethodType.methodType(Object.class, boolean.class)),
          lookup
              .findVirtual(
                  type,
                  "engineInit",
                  MethodType.methodType(void.class, Key.class, AlgorithmParameterSpec.class))
              .asType(
                  MethodType.methodType(
                      void.class, Object.class, Key.class, AlgorithmParameterSpec.class)),
          lookup
              .findVirtual(
                  type,
                  "engineUpdate",
                  MethodType.methodType(void.class, byte[].class, int.class, int.class))
              .asType(
                  MethodType.methodType(
                      void.class, Object.class, byte[].class, int.class, int.class)),
          MethodHandles.filterReturnValue(
                  lookup.findGetter(type, "a", mutableElement),
                  limbs.asType(MethodType.methodType(long[].class, mutableElement)))
              .asType(toLimbs),
          MethodHandles.filterReturnValue(lookup.findGetter(type, "r", element), limbs)
              .asType(toLimbs));
    }
  }

  private static final class Handles {

    static final Found FOUND;

    /** A constant of its own, so that the JIT compiler sees through it. */
    static final MethodHandle UPDATE;

    static {
      try {
        FOUND = Found.find();
        UPDATE = FOUND.update;
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    private Handles() {}
  }
}
