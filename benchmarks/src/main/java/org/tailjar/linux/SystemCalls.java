package org.tailjar.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** The calls of the packet path, by one of two ways into the C library. */
sealed interface SystemCalls {

  int ppoll(long descriptors, long count, long timeout);

  long read(int descriptor, long buffer, long length);

  long writev(int descriptor, long vector, int count);

  long sendmsg(int descriptor, long message);

  long recvmsg(int descriptor, long message);

  /** The error of the last call on this thread. */
  int errno();

  static SystemCalls by(String way) {
    return switch (way) {
      case "jna" -> new ByJna();
      case "foreign" -> new ByForeign();
      default -> throw new IllegalArgumentException(way);
    };
  }

  /** What the product uses: JNA's direct mapping. */
  final class ByJna implements SystemCalls {

    @Override
    public int ppoll(long descriptors, long count, long timeout) {
      return Libc.ppoll(descriptors, count, timeout, 0);
    }

    @Override
    public long read(int descriptor, long buffer, long length) {
      return Libc.read(descriptor, buffer, length);
    }

    @Override
    public long writev(int descriptor, long vector, int count) {
      return Libc.writev(descriptor, vector, count);
    }

    @Override
    public long sendmsg(int descriptor, long message) {
      return Libc.sendmsg(descriptor, message, 0);
    }

    @Override
    public long recvmsg(int descriptor, long message) {
      return Libc.recvmsg(descriptor, message, 0);
    }

    @Override
    public int errno() {
      return Libc.errno();
    }
  }

  /**
   * The same by {@code java.lang.foreign}, the error captured, as a user of it has to. Each call
   * names its handle, since only a constant one is compiled into the caller.
   */
  final class ByForeign implements SystemCalls {

    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle PPOLL =
        function(
            "ppoll",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG));
    private static final MethodHandle READ =
        function(
            "read",
            FunctionDescriptor.of(
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG));
    private static final FunctionDescriptor DESCRIPTOR_ADDRESS_INT =
        FunctionDescriptor.of(
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_INT);
    private static final MethodHandle WRITEV = function("writev", DESCRIPTOR_ADDRESS_INT);
    private static final MethodHandle SENDMSG = function("sendmsg", DESCRIPTOR_ADDRESS_INT);
    private static final MethodHandle RECVMSG = function("recvmsg", DESCRIPTOR_ADDRESS_INT);

    private final MemorySegment state = Arena.ofAuto().allocate(Linker.Option.captureStateLayout());

    // Restricted: it trusts the type given here.
    @SuppressWarnings("restricted")
    private static MethodHandle function(String name, FunctionDescriptor type) {
      return LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow(name), type, Linker.Option.captureCallState("errno"));
    }

    @Override
    public int ppoll(long descriptors, long count, long timeout) {
      try {
        return (int) PPOLL.invokeExact(state, descriptors, count, timeout, 0L);
      } catch (Throwable e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public long read(int descriptor, long buffer, long length) {
      try {
        return (long) READ.invokeExact(state, descriptor, buffer, length);
      } catch (Throwable e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public long writev(int descriptor, long vector, int count) {
      try {
        return (long) WRITEV.invokeExact(state, descriptor, vector, count);
      } catch (Throwable e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public long sendmsg(int descriptor, long message) {
      try {
        return (long) SENDMSG.invokeExact(state, descriptor, message, 0);
      } catch (Throwable e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public long recvmsg(int descriptor, long message) {
      try {
        return (long) RECVMSG.invokeExact(state, descriptor, message, 0);
      } catch (Throwable e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public int errno() {
      return state.get(ValueLayout.JAVA_INT, 0);
    }
  }
}
