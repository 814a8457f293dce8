package org.tailjar.crypto;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * {@link IntrinsicAead} for single messages, and for batches {@link VectorBatch}, from the moment
 * that the JIT compiler has made it fast ({@link VectorWarmUp}). Needs AVX-512 and {@link
 * VectorModule}.
 */
final class VectorAead implements Aead {

  static final String NAME = "vector";

  /** With fewer messages, the lanes that stay empty cost more than is saved. */
  private static final int LEAST_MESSAGES = 3;

  private final IntrinsicAead intrinsic;
  private final VectorWarmUp warmUp;

  private VectorAead(IntrinsicAead intrinsic) {
    this.intrinsic = intrinsic;
    warmUp = new VectorWarmUp(intrinsic);
  }

  /** Null where its parts are not there. */
  static @Nullable VectorAead load() {
    IntrinsicAead intrinsic = IntrinsicAead.load();
    return Processor.hasAvx512Ifma() && VectorModule.isPresent() && intrinsic != null
        ? new VectorAead(intrinsic)
        : null;
  }

  /** Has all batches go through the vector code, compiled or not. For tests and benchmarks. */
  void skipWarmUp() {
    warmUp.skip();
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
    return new Context(intrinsic.context(), warmUp);
  }

  @Override
  public String toString() {
    return name();
  }

  private static final class Context implements AeadContext {

    private final AeadContext single;
    private final VectorWarmUp warmUp;

    /** Made when it is first needed: most nodes are idle. */
    private @Nullable VectorBatch batch;

    Context(AeadContext single, VectorWarmUp warmUp) {
      this.single = single;
      this.warmUp = warmUp;
    }

    @Override
    public void seal(
        AeadKey key,
        long counter,
        MemorySegment from,
        long fromOffset,
        int length,
        MemorySegment to,
        long toOffset) {
      single.seal(key, counter, from, fromOffset, length, to, toOffset);
    }

    @Override
    public boolean open(
        AeadKey key,
        long counter,
        MemorySegment from,
        long fromOffset,
        int length,
        MemorySegment to,
        long toOffset) {
      return single.open(key, counter, from, fromOffset, length, to, toOffset);
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
      if (count < LEAST_MESSAGES || !warmUp.isOver(count)) {
        single.sealAll(key, counters, count, memory, offset, stride, length, lastLength);
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
      if (count < LEAST_MESSAGES || lastLength < Aead.TAG_LENGTH || !warmUp.isOver(count)) {
        single.openAll(key, counters, count, memory, offset, stride, length, lastLength, authentic);
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

    private VectorBatch batch() {
      VectorBatch made = batch;
      if (made == null) {
        made = new VectorBatch();
        batch = made;
      }
      return made;
    }
  }
}
