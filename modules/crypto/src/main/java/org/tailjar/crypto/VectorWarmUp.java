package org.tailjar.crypto;

import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Runs the vector code on messages of its own until the JIT compiler has made it faster than what
 * is used meanwhile, and only then lets it be used: interpreted, one batch of it takes as long as a
 * second of traffic. Begins when there is traffic, so that an idle node does not pay for it, and
 * checks before the end that both give the same bytes.
 */
final class VectorWarmUp {

  /**
   * System property that keeps it from beginning when set to {@code never}: an AOT cache cannot be
   * made of a JVM to which a module was added.
   */
  static final String PROPERTY = "tailjar.cipher.warmup";

  /** Messages in batches after which the warm-up begins: a few megabytes. */
  private static final int TRAFFIC = 4_000;

  private static final long LIMIT_NANOS = Duration.ofSeconds(20).toNanos();

  /** Batches in a row that must have been faster. */
  private static final int IN_A_ROW = 50;

  private static final int MESSAGES = 37; // some in columns of 16 lanes, and some not
  private static final int LENGTH = 1280;
  private static final int LAST_LENGTH = 600; // with an end that is no whole block
  private static final int STRIDE = LENGTH + 32;

  private static final System.Logger LOG = System.getLogger("org.tailjar.crypto");

  private final IntrinsicAead intrinsic;
  private final AtomicLong seen = new AtomicLong();
  private volatile boolean over;

  VectorWarmUp(IntrinsicAead intrinsic) {
    this.intrinsic = intrinsic;
  }

  /**
   * Whether the vector code may be used.
   *
   * @param messages that the caller is about to work on
   */
  boolean isOver(int messages) {
    if (over) {
      return true;
    }
    long before = seen.getAndAdd(messages);
    if (before < TRAFFIC && before + messages >= TRAFFIC && isWanted()) {
      Thread.ofPlatform().daemon().name("tailjar-warmup").start(this::run);
    }
    return false;
  }

  private static boolean isWanted() {
    return !System.getProperty(PROPERTY, "").equals("never");
  }

  /** Ends it before it began. */
  void skip() {
    VectorModule.load();
    over = true;
  }

  private void run() {
    try {
      long begin = System.nanoTime();
      VectorModule.load();
      if (isFaster(begin + LIMIT_NANOS)) {
        over = true;
        LOG.log(
            Level.DEBUG,
            "The vector code for batches is compiled, after {0} ms",
            (System.nanoTime() - begin) / 1_000_000);
      } else {
        LOG.log(Level.DEBUG, "The vector code for batches does not become faster; not used");
      }
    } catch (RuntimeException | LinkageError e) {
      LOG.log(Level.DEBUG, "The vector code for batches does not work here; not used", e);
    }
  }

  private boolean isFaster(long deadline) {
    byte[] rawKey = new byte[ChaCha20Poly1305.KEY_LENGTH];
    byte[] plaintext = new byte[MESSAGES * STRIDE];
    Random random = new Random(1);
    random.nextBytes(rawKey);
    random.nextBytes(plaintext);
    IntrinsicAead.Key key = (IntrinsicAead.Key) intrinsic.key(rawKey);
    AeadContext single = intrinsic.context();
    VectorBatch batch = new VectorBatch();
    long[] counters = random.longs(MESSAGES).toArray();
    boolean[] authentic = new boolean[MESSAGES];
    try (Arena arena = Arena.ofShared()) {
      MemorySegment ours = arena.allocate(plaintext.length);
      MemorySegment theirs = arena.allocate(plaintext.length);
      MemorySegment source = MemorySegment.ofArray(plaintext);
      int faster = 0;
      while (faster < IN_A_ROW) {
        ours.copyFrom(source);
        theirs.copyFrom(source);
        long t0 = System.nanoTime();
        single.sealAll(key, counters, MESSAGES, theirs, 0, STRIDE, LENGTH, LAST_LENGTH);
        long t1 = System.nanoTime();
        batch.seal(key, counters, MESSAGES, ours, 0, STRIDE, LENGTH, LAST_LENGTH);
        long t2 = System.nanoTime();
        boolean right = ours.mismatch(theirs) < 0;
        long t3 = System.nanoTime();
        int last = LAST_LENGTH + Aead.TAG_LENGTH;
        int each = LENGTH + Aead.TAG_LENGTH;
        batch.open(key, counters, MESSAGES, ours, 0, STRIDE, each, last, authentic);
        long t4 = System.nanoTime();
        single.openAll(
            key, counters, MESSAGES, theirs, 0, STRIDE, each, last, new boolean[MESSAGES]);
        right &= ours.mismatch(theirs) < 0;
        for (boolean one : authentic) {
          right &= one;
        }
        if (!right) {
          LOG.log(Level.WARNING, "The vector code for batches gives wrong answers; not used");
          return false;
        }
        faster = t2 - t1 < t1 - t0 && t4 - t3 < t1 - t0 ? faster + 1 : 0;
        if (t4 - deadline > 0) {
          return false;
        }
      }
      return true;
    } finally {
      Arrays.fill(rawKey, (byte) 0);
    }
  }
}
