package org.tailjar.crypto;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * The part of OpenSSL 3's {@code libcrypto} that seals packets (EVP_EncryptInit(3)). Pointers are
 * passed as addresses, because passing segments costs an acquisition for each call; whoever calls
 * has checked ranges and keeps the memory alive.
 *
 * <p>The downcalls are <em>critical</em>: they take about a microsecond, never block, and skip the
 * thread's transition to native code. A call with {@code in} and length zero does not finish a
 * message in OpenSSL 3.0, {@code EVP_*Final_ex} does.
 */
final class LibCrypto {

  private static final String LIBRARY = "libcrypto.so.3";

  private static final int CTRL_AEAD_GET_TAG = 0x10;
  private static final int CTRL_AEAD_SET_TAG = 0x11;
  private static final long NULL = 0;

  private LibCrypto() {}

  /**
   * Null where the library is absent, has no such cipher (it is left out in FIPS mode), or where
   * the module has no native access.
   */
  static @Nullable LibCrypto load() {
    if (!LibCrypto.class.getModule().isNativeAccessEnabled() || !isInstalled()) {
      return null;
    }
    try {
      LibCrypto crypto = new LibCrypto();
      crypto.newContext(true);
      return crypto;
    } catch (IllegalStateException noSuchCipher) {
      return null;
    }
  }

  private static boolean isInstalled() {
    try {
      lookup();
      return true;
    } catch (IllegalArgumentException absent) {
      return false;
    }
  }

  @SuppressWarnings("restricted") // The one place that loads the library.
  private static SymbolLookup lookup() {
    return SymbolLookup.libraryLookup(LIBRARY, Arena.global());
  }

  /** An {@code EVP_CIPHER_CTX} for one direction that lives as long as the segment. */
  @SuppressWarnings("restricted") // The size and the owner of OpenSSL's object are given here.
  MemorySegment newContext(boolean seal) {
    try {
      long address = (long) Calls.CONTEXT_NEW.invokeExact();
      if (address == NULL) {
        throw new OutOfMemoryError("OpenSSL has no memory for a context");
      }
      MemorySegment context =
          MemorySegment.ofAddress(address).reinterpret(Arena.ofAuto(), LibCrypto::free);
      long cipher = (long) Calls.CHACHA20_POLY1305.invokeExact();
      MethodHandle init = seal ? Calls.ENCRYPT_INIT : Calls.DECRYPT_INIT;
      if ((int) init.invokeExact(address, cipher, NULL, NULL, NULL) != 1) {
        throw new IllegalStateException("OpenSSL has no ChaCha20-Poly1305");
      }
      return context;
    } catch (Throwable e) {
      throw Rethrow.unchecked(e);
    }
  }

  /** Seals a message and writes the tag behind it; false if OpenSSL reports an error. */
  boolean encrypt(long context, long key, long nonce, long in, int length, long out, long written) {
    try {
      return (int) Calls.ENCRYPT_INIT.invokeExact(context, NULL, NULL, key, nonce) == 1
          && (int) Calls.ENCRYPT_UPDATE.invokeExact(context, out, written, in, length) == 1
          && (int) Calls.ENCRYPT_FINAL.invokeExact(context, out + length, written) == 1
          && (int)
                  Calls.CONTROL.invokeExact(
                      context, CTRL_AEAD_GET_TAG, Aead.TAG_LENGTH, out + length)
              == 1;
    } catch (Throwable e) {
      throw Rethrow.unchecked(e);
    }
  }

  /** Opens {@code length} bytes that a tag follows; false if forged. */
  boolean decrypt(long context, long key, long nonce, long in, int length, long out, long written) {
    try {
      return (int) Calls.DECRYPT_INIT.invokeExact(context, NULL, NULL, key, nonce) == 1
          && (int)
                  Calls.CONTROL.invokeExact(
                      context, CTRL_AEAD_SET_TAG, Aead.TAG_LENGTH, in + length)
              == 1
          && (int) Calls.DECRYPT_UPDATE.invokeExact(context, out, written, in, length) == 1
          && (int) Calls.DECRYPT_FINAL.invokeExact(context, out + length, written) == 1;
    } catch (Throwable e) {
      throw Rethrow.unchecked(e);
    }
  }

  private static void free(MemorySegment context) {
    try {
      Calls.CONTEXT_FREE.invokeExact(context.address());
    } catch (Throwable e) {
      throw Rethrow.unchecked(e);
    }
  }

  /** The functions; loaded only where the library is. */
  private static final class Calls {

    private static final SymbolLookup LOOKUP = lookup();

    static final MethodHandle CHACHA20_POLY1305 =
        handle("EVP_chacha20_poly1305", FunctionDescriptor.of(JAVA_LONG));
    static final MethodHandle CONTEXT_NEW =
        handle("EVP_CIPHER_CTX_new", FunctionDescriptor.of(JAVA_LONG));
    static final MethodHandle CONTEXT_FREE =
        handle("EVP_CIPHER_CTX_free", FunctionDescriptor.ofVoid(JAVA_LONG));
    static final MethodHandle CONTROL =
        handle("EVP_CIPHER_CTX_ctrl", returningInt(JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG));

    static final MethodHandle ENCRYPT_INIT = handle("EVP_EncryptInit_ex", initDescriptor());
    static final MethodHandle ENCRYPT_UPDATE = handle("EVP_EncryptUpdate", updateDescriptor());
    static final MethodHandle ENCRYPT_FINAL = handle("EVP_EncryptFinal_ex", finalDescriptor());
    static final MethodHandle DECRYPT_INIT = handle("EVP_DecryptInit_ex", initDescriptor());
    static final MethodHandle DECRYPT_UPDATE = handle("EVP_DecryptUpdate", updateDescriptor());
    static final MethodHandle DECRYPT_FINAL = handle("EVP_DecryptFinal_ex", finalDescriptor());

    private Calls() {}

    private static FunctionDescriptor initDescriptor() {
      return returningInt(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    }

    private static FunctionDescriptor updateDescriptor() {
      return returningInt(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT);
    }

    private static FunctionDescriptor finalDescriptor() {
      return returningInt(JAVA_LONG, JAVA_LONG, JAVA_LONG);
    }

    private static FunctionDescriptor returningInt(MemoryLayout... arguments) {
      return FunctionDescriptor.of(JAVA_INT, arguments);
    }

    @SuppressWarnings("restricted") // The one place that says what the functions look like.
    private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
      return Linker.nativeLinker()
          .downcallHandle(LOOKUP.findOrThrow(name), descriptor, Linker.Option.critical(false));
    }
  }
}
