package org.tailjar.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;
import org.tailjar.crypto.Aead;
import org.tailjar.crypto.AeadContext;
import org.tailjar.crypto.AeadKey;
import org.tailjar.crypto.ChaCha20Poly1305;
import org.tailjar.crypto.PacketCiphers;

/** Nanoseconds to seal and to open one packet, by back end and size, in a hot cache. */
public class AeadBenchmark extends SteadyState {

  /** Name of the back end; one that this machine lacks fails and is left out of the results. */
  @Param({"intrinsic", "openssl", "jce"})
  private String cipher = "jce";

  /** Length of the plaintext in bytes: an ACK, IPv6's minimum, Tailscale's MTU, a jumbo. */
  @Param({"64", "1280", "1420", "8192"})
  private int length = 1420;

  private final Arena arena = Arena.ofShared();
  private Aead aead = PacketCiphers.choose();
  private AeadContext context = aead.context();
  private AeadKey key = aead.key(new byte[ChaCha20Poly1305.KEY_LENGTH]);
  private MemorySegment plaintext = MemorySegment.NULL;
  private MemorySegment sealed = MemorySegment.NULL;
  private MemorySegment output = MemorySegment.NULL;
  private long counter;

  /** Makes a packet and its sealed form. */
  @Setup
  public void prepare() {
    aead = PacketCiphers.byName(cipher);
    context = aead.context();
    byte[] rawKey = new byte[ChaCha20Poly1305.KEY_LENGTH];
    rawKey[0] = 1;
    key = aead.key(rawKey);
    plaintext = arena.allocate(length);
    sealed = arena.allocate(length + Aead.TAG_LENGTH);
    output = arena.allocate(length + Aead.TAG_LENGTH);
    context.seal(key, -1, plaintext, 0, length, sealed, 0);
  }

  /** Frees the packets. */
  @TearDown
  public void free() {
    arena.close();
  }

  /** Seals from one buffer into another, as the sending thread does. */
  @Benchmark
  public void seal() {
    context.seal(key, counter++, plaintext, 0, length, output, 0);
  }

  /** Opens an authentic packet. */
  @Benchmark
  public boolean open() {
    return context.open(key, -1, sealed, 0, length + Aead.TAG_LENGTH, output, 0);
  }
}
