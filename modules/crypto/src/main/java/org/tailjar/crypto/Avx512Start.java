package org.tailjar.crypto;

import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Makes the machine code of {@link Avx512Batch} when there is traffic, since an idle node has no
 * use for it, and on a thread of its own, since linking it takes some ten milliseconds. It is used
 * once it has given the same bytes as {@link IntrinsicAead}.
 */
final class Avx512Start {

  /** Messages of a batch of the test: two groups of 16 and a rest. */
  private static final int MESSAGES = 37;

  /** Lengths of the test's messages, around the sizes of blocks and pieces. */
  private static final int[] LENGTHS = {0, 15, 16, 63, 64, 65, 100, 192, 960, 1279, 1280};

  private static final System.Logger LOG = System.getLogger("org.tailjar.crypto");

  private final IntrinsicAead intrinsic;
  private final AtomicBoolean begun = new AtomicBoolean();
  private final CountDownLatch over = new CountDownLatch(1);
  private volatile boolean ready;

  Avx512Start(IntrinsicAead intrinsic) {
    this.intrinsic = intrinsic;
  }

  /** Whether the code may be used; the first call has it made. */
  boolean isReady() {
    if (!ready && !begun.get() && begun.compareAndSet(false, true)) {
      start();
    }
    return ready;
  }

  private void start() {
    try {
      Thread.ofPlatform().daemon().name("tailjar-cipher").start(this::run);
    } catch (OutOfMemoryError e) { // no thread to be had
      LOG.log(Level.INFO, "The machine code for batches is not made: {0}", e.getMessage());
      over.countDown();
    }
  }

  /** Has it made and waits for it. */
  void await() {
    isReady();
    try {
      over.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try {
      long begin = System.nanoTime();
      if (isRight()) {
        ready = true;
        LOG.log(
            Level.DEBUG,
            "The machine code for batches is ready after {0} ms",
            (System.nanoTime() - begin) / 1_000_000);
      } else {
        LOG.log(Level.WARNING, "The machine code for batches gives wrong answers; not used");
      }
    } catch (RuntimeException | LinkageError e) {
      LOG.log(Level.INFO, "The machine code for batches is not used: {0}", e.getMessage());
      LOG.log(Level.DEBUG, "machine code", e);
    } finally {
      over.countDown();
    }
  }

  /** Whether batches of all lengths are sealed, opened and told from forged ones as they must. */
  private boolean isRight() {
    byte[] rawKey = new byte[ChaCha20Poly1305.KEY_LENGTH];
    Random random = new Random(1);
    random.nextBytes(rawKey);
    IntrinsicAead.Key key = (IntrinsicAead.Key) intrinsic.key(rawKey);
    AeadContext single = intrinsic.context();
    Avx512Batch batch = new Avx512Batch();
    try (Arena arena = Arena.ofConfined()) {
      for (int length : LENGTHS) {
        int last = length / 2;
        int stride = length + Aead.TAG_LENGTH;
        long[] counters = random.longs(MESSAGES).toArray();
        byte[] plaintext = new byte[MESSAGES * stride];
        random.nextBytes(plaintext);
        MemorySegment source = MemorySegment.ofArray(plaintext);
        MemorySegment ours = arena.allocate(plaintext.length);
        MemorySegment theirs = arena.allocate(plaintext.length);
        ours.copyFrom(source);
        theirs.copyFrom(source);
        batch.seal(key, counters, MESSAGES, ours, 0, stride, length, last);
        single.sealAll(key, counters, MESSAGES, theirs, 0, stride, length, last);
        boolean right = ours.mismatch(theirs) < 0;
        int forged = random.nextInt(MESSAGES);
        flipTag(ours, forged * stride + (forged == MESSAGES - 1 ? last : length));
        boolean[] authentic = new boolean[MESSAGES];
        int lastSealed = last + Aead.TAG_LENGTH;
        batch.open(key, counters, MESSAGES, ours, 0, stride, stride, lastSealed, authentic);
        for (int i = 0; i < MESSAGES; i++) {
          long at = (long) i * stride;
          long end = at + (i == MESSAGES - 1 ? last : length);
          right &= authentic[i] == (i != forged);
          right &= i == forged || MemorySegment.mismatch(ours, at, end, source, at, end) < 0;
        }
        if (!right) {
          return false;
        }
      }
      return true;
    } finally {
      key.destroy();
      Arrays.fill(rawKey, (byte) 0);
    }
  }

  private static void flipTag(MemorySegment memory, long at) {
    byte first = memory.get(ValueLayout.JAVA_BYTE, at);
    memory.set(ValueLayout.JAVA_BYTE, at, (byte) (first ^ 1));
  }
}
