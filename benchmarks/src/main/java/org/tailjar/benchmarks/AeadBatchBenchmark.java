package org.tailjar.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;
import org.tailjar.crypto.Aead;
import org.tailjar.crypto.AeadContext;
import org.tailjar.crypto.AeadKey;
import org.tailjar.crypto.ChaCha20Poly1305;
import org.tailjar.crypto.PacketCiphers;

/** Nanoseconds for each packet of a batch, in place, as the packet path does it. */
public class AeadBatchBenchmark extends SteadyState {

  /** About what one send takes under bulk traffic. */
  private static final int PACKETS = 45;

  /** Milliseconds in which a cipher that is made when it is needed is made. */
  private static final int START_MILLISECONDS = 500;

  /** Name of the back end; one that this machine lacks fails and is left out of the results. */
  @Param({"avx512", "intrinsic", "openssl", "jce"})
  private String cipher = "jce";

  /** Length of the plaintext in bytes, as in {@link AeadBenchmark}. */
  @Param({"64", "1280", "1420", "8192"})
  private int length = 1420;

  private final Arena arena = Arena.ofShared();
  private final long[] counters = new long[PACKETS];
  private final boolean[] authentic = new boolean[PACKETS];
  private Aead aead = PacketCiphers.choose();
  private AeadContext context = aead.context();
  private AeadKey key = aead.key(new byte[ChaCha20Poly1305.KEY_LENGTH]);
  private MemorySegment memory = MemorySegment.NULL;
  private int stride;
  private long counter;

  /** Makes a batch. */
  @Setup
  public void prepare() throws InterruptedException {
    aead = PacketCiphers.byName(cipher);
    context = aead.context();
    byte[] rawKey = new byte[ChaCha20Poly1305.KEY_LENGTH];
    rawKey[0] = 1;
    key = aead.key(rawKey);
    stride = length + Aead.TAG_LENGTH + 16; // a header ahead of each
    memory = arena.allocate((long) PACKETS * stride, 64);
    seal();
    Thread.sleep(START_MILLISECONDS);
  }

  /** Frees the packets. */
  @TearDown
  public void free() {
    arena.close();
  }

  /** Seals a batch. */
  @Benchmark
  @OperationsPerInvocation(PACKETS)
  public void seal() {
    for (int i = 0; i < PACKETS; i++) {
      counters[i] = counter++;
    }
    context.sealAll(key, counters, PACKETS, memory, 16, stride, length, length);
  }

  /** Seals a batch and opens it again. */
  @Benchmark
  @OperationsPerInvocation(PACKETS)
  public boolean sealAndOpen() {
    seal();
    int sealed = length + Aead.TAG_LENGTH;
    context.openAll(key, counters, PACKETS, memory, 16, stride, sealed, sealed, authentic);
    return authentic[PACKETS - 1];
  }
}
