package org.tailjar.crypto;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;

/**
 * ChaCha20-Poly1305 over batches of messages, their ChaCha20 blocks side by side in {@link
 * VectorChaCha20}. Used by one thread at a time; allocates nothing once the longest message has
 * been seen.
 */
final class VectorBatch {

  /** Most messages in one go. */
  private static final int MAX_MESSAGES = 64;

  private static final int LANES = VectorChaCha20.LANES;
  private static final int BLOCK_LENGTH = VectorChaCha20.BLOCK_LENGTH;
  private static final int TAG_LENGTH = Aead.TAG_LENGTH;
  private static final int TAG_LANES = VectorPoly1305.LANES;

  /** With fewer messages, eight at once take more time than each alone. */
  private static final int LEAST_TAG_LANES = 4;

  private static final long END_LENGTH = 2L * VectorPoly1305.PIECE_LENGTH;
  private static final int INITIAL_WORK = 2048;
  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final int[] key = new int[ChaCha20Poly1305.KEY_LENGTH / Integer.BYTES];
  private final int[] nonceLow = new int[MAX_MESSAGES + LANES];
  private final int[] nonceHigh = new int[MAX_MESSAGES + LANES];

  // The lanes of the next call.
  private final int[] numbers = new int[LANES];
  private final int[] laneNonceLow = new int[LANES];
  private final int[] laneNonceHigh = new int[LANES];
  private final long[] addresses = new long[LANES];
  private int lanes;

  private final MemorySegment scratch =
      Arena.ofAuto().allocate(VectorChaCha20.SCRATCH_LENGTH, BLOCK_LENGTH);

  /** What lanes without work write to. */
  private final MemorySegment unused = Arena.ofAuto().allocate(BLOCK_LENGTH, BLOCK_LENGTH);

  /** The first block of each message's key stream, of which 32 bytes are Poly1305's key. */
  private final MemorySegment oneTimeKeys =
      Arena.ofAuto().allocate((long) MAX_MESSAGES * BLOCK_LENGTH, BLOCK_LENGTH);

  /** The ends of messages that are no whole blocks, while they are worked on. */
  private final MemorySegment tails =
      Arena.ofAuto().allocate((long) MAX_MESSAGES * BLOCK_LENGTH, BLOCK_LENGTH);

  private final Poly1305 authenticator = IntrinsicAead.Context.newAuthenticator();
  private byte[] work = new byte[INITIAL_WORK];
  private final long[] tag = new long[2];
  private final long[] tags = new long[2 * MAX_MESSAGES];

  // Of eight messages whose tags are computed side by side.
  private final long[] messages = new long[TAG_LANES];
  private final long[] endings = new long[TAG_LANES];
  private final long[] rLow = new long[TAG_LANES];
  private final long[] rHigh = new long[TAG_LANES];
  private final long[] laneLimbs = new long[TAG_LANES * Poly1305Limbs.COUNT];
  private final long[] limbs = new long[Poly1305Limbs.COUNT];

  /** Their last bytes, zeros up to a whole block, and their lengths. */
  private final MemorySegment ends =
      Arena.ofAuto().allocate(TAG_LANES * END_LENGTH, VectorPoly1305.PIECE_LENGTH);

  /** All their words, in the order in which they are needed. */
  private MemorySegment words = MemorySegment.NULL;

  // The batch that is being worked on.
  private MemorySegment memory = MemorySegment.NULL;
  private long start;
  private int stride;
  private int count;
  private int length;
  private int lastLength;

  /** See {@link AeadContext#sealAll}. */
  void seal(
      IntrinsicAead.Key sealKey,
      long[] counters,
      int messages,
      MemorySegment in,
      long offset,
      int distance,
      int plaintextLength,
      int lastPlaintextLength) {
    for (int first = 0; first < messages; first += MAX_MESSAGES) {
      int some = Math.min(MAX_MESSAGES, messages - first);
      int last = first + some == messages ? lastPlaintextLength : plaintextLength;
      begin(in, offset + (long) first * distance, distance, some, plaintextLength, last);
      prepare(sealKey, counters, first);
      addKeyStream();
      computeTags();
      for (int i = 0; i < count; i++) {
        long at = start + (long) i * stride + length(i);
        memory.set(WORD, at, tags[2 * i]);
        memory.set(WORD, at + Long.BYTES, tags[2 * i + 1]);
      }
    }
  }

  /**
   * See {@link AeadContext#openAll}; all messages are long enough for a tag.
   *
   * <p>Forged messages are decrypted with the others, since nobody looks at them.
   */
  void open(
      IntrinsicAead.Key openKey,
      long[] counters,
      int messages,
      MemorySegment in,
      long offset,
      int distance,
      int sealedLength,
      int lastSealedLength,
      boolean[] authentic) {
    for (int first = 0; first < messages; first += MAX_MESSAGES) {
      int some = Math.min(MAX_MESSAGES, messages - first);
      int last = first + some == messages ? lastSealedLength : sealedLength;
      begin(
          in,
          offset + (long) first * distance,
          distance,
          some,
          sealedLength - TAG_LENGTH,
          last - TAG_LENGTH);
      prepare(openKey, counters, first);
      computeTags();
      for (int i = 0; i < count; i++) {
        long at = start + (long) i * stride + length(i);
        long difference =
            tags[2 * i] ^ memory.get(WORD, at)
                | tags[2 * i + 1] ^ memory.get(WORD, at + Long.BYTES);
        authentic[first + i] = difference == 0;
      }
      addKeyStream();
    }
  }

  private void begin(
      MemorySegment in, long offset, int distance, int messages, int each, int last) {
    if (each < 0 || last < 0 || last > each || distance < each + TAG_LENGTH) {
      throw new IllegalArgumentException(
          messages + " messages of " + each + " and " + last + " bytes, " + distance + " apart");
    }
    Objects.checkFromIndexSize(
        offset, (messages - 1L) * distance + last + TAG_LENGTH, in.byteSize());
    if (!in.isNative()) {
      throw new IllegalArgumentException("messages on the heap");
    }
    memory = in;
    start = offset;
    stride = distance;
    count = messages;
    length = each;
    lastLength = last;
    int needed = padded(each) + Poly1305.BLOCK_LENGTH;
    if (work.length < needed) {
      work = new byte[needed + needed / 2];
    }
    long pieces = each / VectorPoly1305.PIECE_LENGTH + 2L;
    if (words.byteSize() < pieces * VectorPoly1305.PIECE_WORDS_LENGTH) {
      words =
          Arena.ofAuto()
              .allocate(
                  2 * pieces * VectorPoly1305.PIECE_WORDS_LENGTH, VectorPoly1305.PIECE_LENGTH);
    }
  }

  private int length(int message) {
    return message == count - 1 ? lastLength : length;
  }

  /** How many messages, from the first on, are of the same length. */
  private int alike() {
    return lastLength == length ? count : count - 1;
  }

  /** Takes key and nonces, and makes the one-time keys. */
  private void prepare(IntrinsicAead.Key from, long[] counters, int first) {
    from.copyTo(key, 0);
    for (int i = 0; i < count; i++) {
      nonceLow[i] = (int) counters[first + i];
      nonceHigh[i] = (int) (counters[first + i] >>> Integer.SIZE);
    }
    oneTimeKeys.fill((byte) 0);
    Arrays.fill(numbers, 0);
    for (int i = 0; i < count; i += LANES) {
      for (int lane = 0; lane < LANES; lane++) {
        addresses[lane] =
            i + lane < count
                ? oneTimeKeys.address() + (long) (i + lane) * BLOCK_LENGTH
                : unused.address();
      }
      add(nonceLow, nonceHigh, i);
    }
  }

  /** Encrypts or decrypts all messages, which is the same. */
  private void addKeyStream() {
    long base = memory.address() + start;
    int alike = alike();
    int blocks = length / BLOCK_LENGTH;
    int inColumns = alike / LANES * LANES;
    // Sixteen messages of equal length take a lane each, block by block.
    for (int first = 0; first < inColumns; first += LANES) {
      for (int block = 0; block < blocks; block++) {
        Arrays.fill(numbers, block + 1);
        long at = base + (long) first * stride + (long) block * BLOCK_LENGTH;
        for (int lane = 0; lane < LANES; lane++) {
          addresses[lane] = at;
          at += stride;
        }
        add(nonceLow, nonceHigh, first);
      }
    }
    // The rest is taken message by message.
    for (int i = inColumns; i < count; i++) {
      long at = base + (long) i * stride;
      int whole = length(i) / BLOCK_LENGTH;
      for (int block = 0; block < whole; block++) {
        lane(i, block + 1, at + (long) block * BLOCK_LENGTH);
      }
    }
    flush();
    if (length % BLOCK_LENGTH != 0 || lastLength % BLOCK_LENGTH != 0) {
      addToTails();
    }
  }

  private void addToTails() {
    for (int i = 0; i < count; i++) {
      int tail = length(i) % BLOCK_LENGTH;
      if (tail != 0) {
        long at = start + (long) i * stride + length(i) - tail;
        MemorySegment.copy(memory, at, tails, (long) i * BLOCK_LENGTH, tail);
        lane(i, length(i) / BLOCK_LENGTH + 1, tails.address() + (long) i * BLOCK_LENGTH);
      }
    }
    flush();
    for (int i = 0; i < count; i++) {
      int tail = length(i) % BLOCK_LENGTH;
      long at = start + (long) i * stride + length(i) - tail;
      MemorySegment.copy(tails, (long) i * BLOCK_LENGTH, memory, at, tail);
    }
  }

  private void lane(int message, int number, long address) {
    numbers[lanes] = number;
    laneNonceLow[lanes] = nonceLow[message];
    laneNonceHigh[lanes] = nonceHigh[message];
    addresses[lanes] = address;
    lanes++;
    if (lanes == LANES) {
      add(laneNonceLow, laneNonceHigh, 0);
      lanes = 0;
    }
  }

  private void flush() {
    if (lanes > 0) {
      Arrays.fill(addresses, lanes, LANES, unused.address());
      add(laneNonceLow, laneNonceHigh, 0);
      lanes = 0;
    }
  }

  private void add(int[] low, int[] high, int at) {
    VectorChaCha20.add(key, numbers, low, high, at, addresses, scratch.address());
  }

  private void computeTags() {
    int alike = alike();
    int done = 0;
    while (alike - done >= LEAST_TAG_LANES) {
      int some = Math.min(TAG_LANES, alike - done);
      computeTags(done, some);
      done += some;
    }
    for (int i = done; i < count; i++) {
      computeTag(i);
    }
  }

  /** The tags of up to eight messages of equal length; lanes without one repeat the first. */
  private void computeTags(int first, int some) {
    int rest = length % VectorPoly1305.PIECE_LENGTH;
    int whole = length - rest;
    int end = padded(rest);
    ends.fill((byte) 0);
    for (int lane = 0; lane < TAG_LANES; lane++) {
      int message = lane < some ? first + lane : first;
      long at = start + (long) message * stride;
      long ending = lane * END_LENGTH;
      MemorySegment.copy(memory, at + whole, ends, ending, rest);
      ends.set(WORD, ending + end + Long.BYTES, length);
      messages[lane] = memory.address() + at;
      endings[lane] = ends.address() + ending;
      long keyAt = (long) message * BLOCK_LENGTH;
      rLow[lane] = oneTimeKeys.get(WORD, keyAt);
      rHigh[lane] = oneTimeKeys.get(WORD, keyAt + Long.BYTES);
    }
    long to = words.address();
    for (int at = 0; at < whole; at += VectorPoly1305.PIECE_LENGTH) {
      VectorPoly1305.transpose(messages, at, to);
      to += VectorPoly1305.PIECE_WORDS_LENGTH;
    }
    VectorPoly1305.transpose(endings, 0, to);
    to += VectorPoly1305.PIECE_WORDS_LENGTH;
    VectorPoly1305.transpose(endings, VectorPoly1305.PIECE_LENGTH, to);
    int blocks = (whole + end) / Poly1305.BLOCK_LENGTH + 1;
    VectorPoly1305.evaluate(rLow, rHigh, words.address(), blocks, laneLimbs);
    for (int lane = 0; lane < some; lane++) {
      for (int limb = 0; limb < Poly1305Limbs.COUNT; limb++) {
        limbs[limb] = laneLimbs[limb * TAG_LANES + lane];
      }
      int message = first + lane;
      long keyAt = (long) message * BLOCK_LENGTH;
      Poly1305Limbs.finish(
          limbs, oneTimeKeys.get(WORD, keyAt + 16), oneTimeKeys.get(WORD, keyAt + 24), tag);
      keepTag(message);
    }
  }

  /** The tag of a message's ciphertext. */
  private void computeTag(int message) {
    long keyAt = (long) message * BLOCK_LENGTH;
    int n = length(message);
    int end = padded(n);
    byte[] bytes = work;
    MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, start + (long) message * stride, bytes, 0, n);
    Arrays.fill(bytes, n, end, (byte) 0);
    IntrinsicAead.writeLengths(bytes, end, n);
    authenticator.start(oneTimeKeys.get(WORD, keyAt), oneTimeKeys.get(WORD, keyAt + 8));
    authenticator.update(bytes, end + Poly1305.BLOCK_LENGTH);
    authenticator.finish(oneTimeKeys.get(WORD, keyAt + 16), oneTimeKeys.get(WORD, keyAt + 24), tag);
    keepTag(message);
  }

  private void keepTag(int message) {
    tags[2 * message] = tag[0];
    tags[2 * message + 1] = tag[1];
  }

  private static int padded(int bytes) {
    return bytes + Poly1305.BLOCK_LENGTH - 1 & -Poly1305.BLOCK_LENGTH;
  }
}
