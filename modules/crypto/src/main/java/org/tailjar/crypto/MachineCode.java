package org.tailjar.crypto;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Functions of machine code that we made ourselves: a page each of executable memory, which stays
 * for the life of the process. Memory is written first and then made executable, and is never both
 * at once. Where the system forbids even that, the JVM's own compilers do not work either.
 *
 * <p>Each is a function of one address. Calls are <em>critical</em>: they take microseconds, never
 * wait, and skip the thread's transition to native code.
 */
final class MachineCode {

  // mman.h
  private static final int PROT_READ = 1;
  private static final int PROT_WRITE = 2;
  private static final int PROT_EXEC = 4;
  private static final int MAP_PRIVATE = 2;
  private static final int MAP_ANONYMOUS = 0x20;
  private static final long MAP_FAILED = -1;

  private MachineCode() {}

  /**
   * Makes a function, with the type {@code (long)void}.
   *
   * @throws IllegalStateException when the system gives no executable memory
   */
  @SuppressWarnings("restricted") // The one place where our code becomes executable.
  static MethodHandle function(byte[] code) {
    Linker linker = Linker.nativeLinker();
    FunctionDescriptor mmap =
        FunctionDescriptor.of(
            JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
    FunctionDescriptor mprotect = FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
    try {
      long address =
          (long)
              linker
                  .downcallHandle(linker.defaultLookup().findOrThrow("mmap"), mmap)
                  .invokeExact(
                      0L,
                      (long) code.length,
                      PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS,
                      -1,
                      0L);
      if (address == MAP_FAILED) {
        throw new IllegalStateException("no memory for code");
      }
      MemorySegment memory = MemorySegment.ofAddress(address).reinterpret(code.length);
      MemorySegment.copy(code, 0, memory, JAVA_BYTE, 0, code.length);
      int refused =
          (int)
              linker
                  .downcallHandle(linker.defaultLookup().findOrThrow("mprotect"), mprotect)
                  .invokeExact(address, (long) code.length, PROT_READ | PROT_EXEC);
      if (refused != 0) {
        throw new IllegalStateException("the system lets no memory become executable");
      }
      return linker.downcallHandle(
          memory, FunctionDescriptor.ofVoid(JAVA_LONG), Linker.Option.critical(false));
    } catch (Throwable e) {
      throw Rethrow.unchecked(e);
    }
  }
}
