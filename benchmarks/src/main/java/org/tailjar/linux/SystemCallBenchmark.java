package org.tailjar.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;
import org.tailjar.benchmarks.SteadyState;

/**
 * The system calls of the packet path through JNA's direct mapping and through {@code
 * java.lang.foreign}, on descriptors where the kernel does little, and once with its real work.
 */
public class SystemCallBenchmark extends SteadyState {

  private static final int SEGMENT = 1_312;
  private static final int SEGMENTS = 40;
  private static final int PIECES = 3;

  /** The way into the C library. */
  @Param({"jna", "foreign"})
  private String by = "jna";

  private final Arena arena = Arena.ofShared();
  private final MemorySegment scratch = arena.allocate(1024, 8);
  private final MemorySegment buffer = arena.allocate(65_536, 64);
  private final MemorySegment received = arena.allocate(65_536, 64);
  private SystemCalls calls = SystemCalls.by("jna");
  private int event;
  private int nowhere;
  private int from;
  private int to;

  /** Opens the descriptors. */
  @Setup
  public void open() throws IOException {
    calls = SystemCalls.by(by);
    event = Libc.eventfd(0, 0x800);
    nowhere = Libc.open(arena.allocateFrom("/dev/null").address(), 1, 0);
    UdpSocket receiver = UdpSocket.bind(false, 0, 0);
    UdpSocket sender = UdpSocket.bind(false, 0, 0);
    from = sender.descriptor().acquire();
    to = receiver.descriptor().acquire();
    // One poll entry, the pieces of a write, and the two messages, each in a place of its own.
    scratch.set(ValueLayout.JAVA_INT, 0, event);
    scratch.set(ValueLayout.JAVA_SHORT, 4, (short) 1);
    for (int i = 0; i < PIECES; i++) {
      scratch.set(ValueLayout.JAVA_LONG, 64 + 16L * i, buffer.address() + (long) i * SEGMENT);
      scratch.set(ValueLayout.JAVA_LONG, 72 + 16L * i, SEGMENT);
    }
    UdpAddress address = UdpAddress.of(0, 0x0000_ffff_7f00_0001L, receiver.port());
    MemorySegment.copy(address.memory(), 0, scratch, 192, address.nativeLength());
    long base = scratch.address();
    message(256, base + 192, address.nativeLength(), base + 320, base + 352, 24);
    vector(320, buffer, SEGMENT * SEGMENTS);
    scratch.set(ValueLayout.JAVA_LONG, 352, 18);
    scratch.set(ValueLayout.JAVA_INT, 360, UdpSocket.SOL_UDP);
    scratch.set(ValueLayout.JAVA_INT, 364, UdpSocket.UDP_SEGMENT);
    scratch.set(ValueLayout.JAVA_SHORT, 368, (short) SEGMENT);
    message(512, 0, 0, base + 576, 0, 0);
    vector(576, received, 65_536);
  }

  private void message(
      long at, long name, int nameLength, long vector, long control, int controlLength) {
    scratch.set(ValueLayout.JAVA_LONG, at, name);
    scratch.set(ValueLayout.JAVA_LONG, at + 8, nameLength);
    scratch.set(ValueLayout.JAVA_LONG, at + 16, vector);
    scratch.set(ValueLayout.JAVA_LONG, at + 24, 1);
    scratch.set(ValueLayout.JAVA_LONG, at + 32, control);
    scratch.set(ValueLayout.JAVA_LONG, at + 40, controlLength);
  }

  private void vector(long at, MemorySegment memory, int length) {
    scratch.set(ValueLayout.JAVA_LONG, at, memory.address());
    scratch.set(ValueLayout.JAVA_LONG, at + 8, length);
  }

  /** Closes them. */
  @TearDown
  public void close() {
    for (int descriptor : new int[] {event, nowhere, from, to}) {
      Libc.close(descriptor);
    }
    arena.close();
  }

  /** Asks whether a descriptor is ready, without waiting. */
  @Benchmark
  public int poll() {
    return calls.ppoll(scratch.address(), 1, scratch.address() + 16);
  }

  /** Reads where there is nothing, and looks at the error: the end of every burst. */
  @Benchmark
  public int readNothing() {
    long read = calls.read(event, buffer.address(), 8);
    return read < 0 ? calls.errno() : 0;
  }

  /** Writes one packet in three pieces. */
  @Benchmark
  public long writev() {
    return calls.writev(nowhere, scratch.address() + 64, PIECES);
  }

  /** Sends 40 datagrams in one call and takes them in one, over loopback. */
  @Benchmark
  public long sendAndReceive() {
    if (calls.sendmsg(from, scratch.address() + 256) < 0) {
      throw new IllegalStateException("sendmsg: error " + calls.errno());
    }
    long bytes = 0;
    while (bytes < SEGMENT * SEGMENTS) {
      long more = calls.recvmsg(to, scratch.address() + 512);
      if (more > 0) {
        bytes += more;
      } else if (calls.errno() != Errno.EAGAIN) {
        throw new IllegalStateException("recvmsg: error " + calls.errno());
      }
    }
    return bytes;
  }
}
