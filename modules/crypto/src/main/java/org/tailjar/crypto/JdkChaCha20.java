package org.tailjar.crypto;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * The JDK's private ChaCha20 block function, which the JVM replaces with hand-written vector code.
 * It is reached with {@code --add-opens=java.base/com.sun.crypto.provider=org.tailjar.crypto}. This
 * is no supported interface, so nothing else of ours depends on it, and {@link KnownAnswer} tests
 * it at every start.
 */
final class JdkChaCha20 {

  /** Length of a block in bytes. */
  static final int BLOCK_LENGTH = 64;

  /** Most bytes that are generated at once. */
  static final int MAX_KEY_STREAM = 16 * BLOCK_LENGTH;

  /** The package of the JDK's ciphers. */
  static final String PACKAGE = "com.sun.crypto.provider";

  private JdkChaCha20() {}

  /** Whether the package is open to us, and its inside as known. */
  static boolean isPresent() {
    if (!Object.class.getModule().isOpen(PACKAGE, JdkChaCha20.class.getModule())) {
      return false;
    }
    try {
      Handles.find();
      return true;
    } catch (ReflectiveOperationException anotherJdk) {
      return false;
    }
  }

  /**
   * The block function (RFC 8439 2.3) for as many consecutive blocks as the processor does at once,
   * 1 to 16.
   *
   * @param state 16 words; the block counter in word 12 is not advanced
   * @param keyStream {@link #MAX_KEY_STREAM} bytes
   * @return how many bytes of key stream were written, a multiple of 64
   */
  static int blocks(int[] state, byte[] keyStream) {
    try {
      return (int) Handles.BLOCKS.invokeExact(state, keyStream);
    } catch (Throwable e) {
      throw Rethrow.unchecked(e);
    }
  }

  private static final class Handles {

    static final MethodHandle BLOCKS;

    static {
      try {
        BLOCKS = find();
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    private Handles() {}

    static MethodHandle find() throws ReflectiveOperationException {
      Class<?> cipher = Class.forName(PACKAGE + ".ChaCha20Cipher");
      return MethodHandles.privateLookupIn(cipher, MethodHandles.lookup())
          .findStatic(
              cipher,
              "implChaCha20Block",
              MethodType.methodType(int.class, int[].class, byte[].class));
    }
  }
}
