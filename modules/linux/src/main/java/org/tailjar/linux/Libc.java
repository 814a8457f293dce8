package org.tailjar.linux;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;

/**
 * The functions of the C library that this module calls, by JNA's direct mapping: integers and
 * addresses only, so that a call builds no object.
 *
 * <p>They are looked up in the running process, which has either C library loaded, glibc or musl.
 */
final class Libc {

  static {
    Native.register(Libc.class, NativeLibrary.getProcess());
  }

  private Libc() {}

  static native int open(long path, int flags, int mode);

  static native int close(int descriptor);

  static native long read(int descriptor, long buffer, long length);

  static native long write(int descriptor, long buffer, long length);

  static native long writev(int descriptor, long vector, int count);

  static native int ioctl(int descriptor, long request, long argument);

  static native int socket(int domain, int type, int protocol);

  static native int bind(int descriptor, long address, int length);

  static native int getsockname(int descriptor, long address, long length);

  static native int setsockopt(int descriptor, int level, int name, long value, int length);

  static native int getsockopt(int descriptor, int level, int name, long value, long length);

  static native long sendmsg(int descriptor, long message, int flags);

  static native long recvmsg(int descriptor, long message, int flags);

  static native long send(int descriptor, long buffer, long length, int flags);

  static native long recv(int descriptor, long buffer, long length, int flags);

  static native int ppoll(long descriptors, long count, long timeout, long signalMask);

  static native long pthread_self();

  static native int pthread_setschedparam(long thread, int policy, long parameters);

  static native int eventfd(int initial, int flags);

  static native String strerror(int errno);

  /** The error of the last call on this thread. */
  static int errno() {
    return Native.getLastError();
  }
}
