package org.tailjar.crypto;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * {@link IntrinsicAead} for single messages, and for batches {@link Avx512Batch}, as soon as its
 * machine code is made ({@link Avx512Start}). Needs a processor with AVX-512 and IFMA.
 */
final class Avx512Aead implements Aead {

  static final String NAME = "avx512";

  /** With fewer messages, the lanes that stay empty cost more than is saved. */
  private static final int LEAST_MESSAGES = 3;

  private final IntrinsicAead intrinsic;
  private final Avx512Start code;

  private Avx512Aead(IntrinsicAead intrinsic) {
    this.intrinsic = intrinsic;
    code = new Avx512Start(intrinsic);
  }

  /** Null where its parts are not there. */
  static @Nullable Avx512Aead load() {
    IntrinsicAead intrinsic = IntrinsicAead.load();
    return Processor.hasAvx512Ifma()
            && Avx512Aead.class.getModule().isNativeAccessEnabled()
            && intrinsic != null
        ? new Avx512Aead(intrinsic)
        : null;
  }

  /** Has all batches go through the machine code. For tests and benchmarks. */
  void awaitCode() {
    code.await();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public AeadKey key(byte[] key) {
    return intrinsic.key(key);
  }

  @Override
  public AeadContext context() {
    return new Context(code);
  }

  @Override
  public String toString() {
    return name();
  }

  private static final class Context extends IntrinsicAead.Context {

    private final Avx512Start code;

    /** Made when it is first needed: most nodes are idle. */
    private @Nullable Avx512Batch batch;

    Context(Avx512Start code) {
      this.code = code;
    }

    @Override
    public void sealAll(
        AeadKey key,
        long[] counters,
        int count,
        MemorySegment memory,
        long offset,
        int stride,
        int length,
        int lastLength) {
      if (count < LEAST_MESSAGES || !code.isReady()) {
        super.sealAll(key, counters, count, memory, offset, stride, length, lastLength);
      } else {
        batch()
            .seal(
                (IntrinsicAead.Key) key,
                counters,
                count,
                memory,
                offset,
                stride,
                length,
                lastLength);
      }
    }

    @Override
    public void openAll(
        AeadKey key,
        long[] counters,
        int count,
        MemorySegment memory,
        long offset,
        int stride,
        int length,
        int lastLength,
        boolean[] authentic) {
      if (count < LEAST_MESSAGES || lastLength < Aead.TAG_LENGTH || !code.isReady()) {
        super.openAll(key, counters, count, memory, offset, stride, length, lastLength, authentic);
      } else {
        batch()
            .open(
                (IntrinsicAead.Key) key,
                counters,
                count,
                memory,
                offset,
                stride,
                length,
                lastLength,
                authentic);
      }
    }

    private Avx512Batch batch() {
      Avx512Batch made = batch;
      if (made == null) {
        made = new Avx512Batch();
        batch = made;
      }
      return made;
    }
  }
}
