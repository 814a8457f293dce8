package org.tailjar.crypto;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;

/**
 * ChaCha20-Poly1305 over batches of messages, by {@link Avx512ChaCha20} and {@link Avx512Poly1305}.
 * Messages are taken in groups that stay in the processor's first cache while all is done to them.
 * Used by one thread at a time; allocates nothing once the longest message has been seen.
 */
final class Avx512Batch {

  private static final int LANES = Avx512ChaCha20.LANES;
  private static final int TAG_LANES = Avx512Poly1305.LANES;
  private static final int BLOCK_LENGTH = Avx512ChaCha20.BLOCK_LENGTH;
  private static final int TAG_LENGTH = Aead.TAG_LENGTH;

  /** With fewer messages, eight at once take more time than each alone. */
  private static final int LEAST_TAG_LANES = 3;

  /** What 16 blocks take when they are the next of as many messages. */
  private static final int BLOCKS_IN_A_ROW = 5;

  /** What they take, in the same measure, when each is set up for itself. */
  private static final int BLOCKS_ALONE = 6;

  /** Where the key is in the parameters. */
  private static final long KEY =
      Avx512ChaCha20.STATE + (long) Integer.BYTES * IntrinsicAead.CONSTANTS.length;

  private static final long WHOLE_BLOCK = -1;
  private static final int INITIAL_WORK = 2048;
  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

  /** Parameters of {@link Avx512ChaCha20}. */
  private final MemorySegment cipher =
      Arena.ofAuto().allocate(Avx512ChaCha20.PARAMETERS_LENGTH, BLOCK_LENGTH);

  /** Parameters of {@link Avx512Poly1305}. */
  private final MemorySegment tagger =
      Arena.ofAuto().allocate(Avx512Poly1305.PARAMETERS_LENGTH, BLOCK_LENGTH);

  /** The first block of each message's key stream, of which 32 bytes are Poly1305's key. */
  private final MemorySegment oneTimeKeys =
      Arena.ofAuto().allocate((long) LANES * BLOCK_LENGTH, BLOCK_LENGTH);

  private final Poly1305 authenticator = IntrinsicAead.Context.newAuthenticator();
  private byte[] work = new byte[INITIAL_WORK];

  /** What lanes without a message write to, as long as the longest message. */
  private MemorySegment unused = Arena.ofAuto().allocate(INITIAL_WORK, BLOCK_LENGTH);

  private final long[] tag = new long[2];
  private final long[] tags = new long[2 * LANES];

  // The group of at most 16 messages that is being worked on.
  private MemorySegment memory = MemorySegment.NULL;
  private long start;
  private int stride;
  private int count;
  private int length;
  private int lastLength;

  Avx512Batch() {
    int[] constants = IntrinsicAead.CONSTANTS;
    for (int i = 0; i < constants.length; i++) {
      cipher.setAtIndex(INT, i, constants[i]);
    }
    cipher.set(INT, Avx512ChaCha20.ONE, 1);
    for (int i = 0; i < Avx512Poly1305.CONSTANT_NUMBERS.length; i++) {
      tagger.set(
          LONG,
          Avx512Poly1305.CONSTANTS + (long) Long.BYTES * i,
          Avx512Poly1305.CONSTANT_NUMBERS[i]);
    }
  }

  /** See {@link AeadContext#sealAll}. */
  void seal(
      IntrinsicAead.Key key,
      long[] counters,
      int messages,
      MemorySegment in,
      long offset,
      int distance,
      int plaintextLength,
      int lastPlaintextLength) {
    check(in, offset, distance, messages, plaintextLength, lastPlaintextLength);
    try {
      setKey(key);
      for (int first = 0; first < messages; first += LANES) {
        begin(in, offset, distance, first, messages, plaintextLength, lastPlaintextLength);
        makeOneTimeKeys(counters, first);
        addKeyStream(counters, first);
        computeTags();
        for (int i = 0; i < count; i++) {
          long at = start + (long) i * stride + length(i);
          memory.set(WORD, at, tags[2 * i]);
          memory.set(WORD, at + Long.BYTES, tags[2 * i + 1]);
        }
      }
    } finally {
      forgetKeys();
    }
  }

  /**
   * See {@link AeadContext#openAll}; all messages are long enough for a tag.
   *
   * <p>Forged messages are decrypted with the others, since nobody looks at them.
   */
  void open(
      IntrinsicAead.Key key,
      long[] counters,
      int messages,
      MemorySegment in,
      long offset,
      int distance,
      int sealedLength,
      int lastSealedLength,
      boolean[] authentic) {
    int each = sealedLength - TAG_LENGTH;
    int last = lastSealedLength - TAG_LENGTH;
    check(in, offset, distance, messages, each, last);
    try {
      setKey(key);
      for (int first = 0; first < messages; first += LANES) {
        begin(in, offset, distance, first, messages, each, last);
        makeOneTimeKeys(counters, first);
        computeTags();
        for (int i = 0; i < count; i++) {
          long at = start + (long) i * stride + length(i);
          long difference =
              tags[2 * i] ^ memory.get(WORD, at)
                  | tags[2 * i + 1] ^ memory.get(WORD, at + Long.BYTES);
          authentic[first + i] = difference == 0;
        }
        addKeyStream(counters, first);
      }
    } finally {
      forgetKeys();
    }
  }

  private void check(
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
    int needed = padded(each) + Poly1305.BLOCK_LENGTH;
    if (work.length < needed) {
      work = new byte[needed + needed / 2];
      unused = Arena.ofAuto().allocate(needed + needed / 2 + BLOCK_LENGTH, BLOCK_LENGTH);
    }
  }

  private void setKey(IntrinsicAead.Key key) {
    key.copyTo(cipher, KEY);
  }

  /** A key that is destroyed must not live on here while there is no traffic. */
  private void forgetKeys() {
    cipher.asSlice(KEY, ChaCha20Poly1305.KEY_LENGTH).fill((byte) 0);
    oneTimeKeys.fill((byte) 0);
    unused.fill((byte) 0); // key stream
    tagger.asSlice(Avx512Poly1305.KEYS, Avx512Poly1305.KEYS_LENGTH).fill((byte) 0);
    Reference.reachabilityFence(this);
  }

  private void begin(
      MemorySegment in, long offset, int distance, int first, int messages, int each, int last) {
    memory = in;
    start = offset + (long) first * distance;
    stride = distance;
    count = Math.min(LANES, messages - first);
    length = each;
    lastLength = first + count == messages ? last : each;
  }

  private int length(int message) {
    return message == count - 1 ? lastLength : length;
  }

  /** How many messages, from the first on, are of the same length. */
  private int alike() {
    return lastLength == length ? count : count - 1;
  }

  // ---- key stream

  /** Makes the first block of each message's key stream. */
  private void makeOneTimeKeys(long[] counters, int first) {
    oneTimeKeys.fill((byte) 0);
    for (int i = 0; i < count; i++) {
      lane(i, counters[first + i], 0, oneTimeKeys.address() + (long) i * BLOCK_LENGTH, WHOLE_BLOCK);
    }
    run(count, 1);
  }

  /** Encrypts or decrypts all messages, which is the same. */
  private void addKeyStream(long[] counters, int first) {
    int alike = alike();
    int blocks = blocks(length);
    // A message in each lane leaves lanes without one; a block in each lane takes longer to set up.
    if (BLOCKS_IN_A_ROW * blocks <= BLOCKS_ALONE * filled(alike * blocks, LANES)) {
      addAlike(counters, first, alike, blocks);
      addEach(counters, first, alike);
    } else {
      addEach(counters, first, 0);
    }
  }

  private void addAlike(long[] counters, int first, int messages, int blocks) {
    if (messages > 0 && blocks > 0) {
      long lastBlock = mask(length - (blocks - 1) * BLOCK_LENGTH);
      long at = memory.address() + start;
      for (int i = 0; i < messages; i++) {
        lane(i, counters[first + i], 1, at + (long) i * stride, lastBlock);
      }
      run(messages, blocks);
    }
  }

  /** The blocks of all messages from one on, one behind the other. */
  private void addEach(long[] counters, int first, int begin) {
    int lanes = 0;
    for (int i = begin; i < count; i++) {
      int bytes = length(i);
      long at = memory.address() + start + (long) i * stride;
      for (int done = 0; done < bytes; done += BLOCK_LENGTH) {
        lane(lanes, counters[first + i], done / BLOCK_LENGTH + 1, at + done, mask(bytes - done));
        lanes++;
        if (lanes == LANES) {
          run(lanes, 1);
          lanes = 0;
        }
      }
    }
    if (lanes > 0) {
      run(lanes, 1);
    }
  }

  private void lane(int lane, long counter, int block, long address, long lastBlock) {
    long word = (long) lane * Integer.BYTES;
    cipher.set(INT, Avx512ChaCha20.NUMBERS + word, block);
    cipher.set(INT, Avx512ChaCha20.NONCES_LOW + word, (int) counter);
    cipher.set(INT, Avx512ChaCha20.NONCES_HIGH + word, (int) (counter >>> Integer.SIZE));
    cipher.set(LONG, Avx512ChaCha20.ADDRESSES + 2 * word, address);
    cipher.set(LONG, Avx512ChaCha20.MASKS + 2 * word, lastBlock);
  }

  /** Runs the code on the first lanes; the others are made to touch nothing. */
  private void run(int lanes, int blocks) {
    for (int i = lanes; i < LANES; i++) {
      lane(i, 0, 0, unused.address(), 0);
    }
    cipher.set(LONG, Avx512ChaCha20.BLOCKS, blocks);
    Avx512Code.addKeyStream(cipher.address());
  }

  /** Blocks that a message fills, the last one perhaps in part. */
  private static int blocks(int bytes) {
    return filled(bytes, BLOCK_LENGTH);
  }

  private static int filled(int amount, int each) {
    return (amount + each - 1) / each;
  }

  /** A bit for each of the first bytes of a block or piece. */
  private static long mask(int bytes) {
    return bytes >= Long.SIZE ? WHOLE_BLOCK : (1L << bytes) - 1;
  }

  // ---- tags

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
    for (int lane = 0; lane < TAG_LANES; lane++) {
      int message = lane < some ? first + lane : first;
      long word = (long) lane * Long.BYTES;
      tagger.set(
          LONG,
          Avx512Poly1305.ADDRESSES + word,
          memory.address() + start + (long) message * stride);
      long low = oneTimeKey(message, 0) & Poly1305.CLAMP_LOW;
      long high = oneTimeKey(message, 1) & Poly1305.CLAMP_HIGH;
      for (int limb = 0; limb < Avx512Poly1305.LIMBS; limb++) {
        tagger.set(
            LONG,
            Avx512Poly1305.KEYS + (long) limb * BLOCK_LENGTH + word,
            Avx512Poly1305.limb(limb, low, high));
      }
    }
    int rest = length % Avx512Poly1305.PIECE_LENGTH;
    tagger.set(LONG, Avx512Poly1305.PIECES, length / Avx512Poly1305.PIECE_LENGTH);
    tagger.set(LONG, Avx512Poly1305.REST_MASK, mask(rest));
    tagger.set(LONG, Avx512Poly1305.REST_BLOCKS, padded(rest) / Poly1305.BLOCK_LENGTH);
    tagger.set(LONG, Avx512Poly1305.MESSAGE_LENGTH, length);
    Avx512Code.authenticate(tagger.address());
    for (int lane = 0; lane < some; lane++) {
      long at = Avx512Poly1305.RESULTS + (long) lane * Long.BYTES;
      int message = first + lane;
      Avx512Poly1305.finish(
          tagger.get(LONG, at),
          tagger.get(LONG, at + BLOCK_LENGTH),
          tagger.get(LONG, at + 2 * BLOCK_LENGTH),
          oneTimeKey(message, 2),
          oneTimeKey(message, 3),
          tag);
      keepTag(message);
    }
  }

  /** The tag of one message's ciphertext. */
  private void computeTag(int message) {
    int n = length(message);
    int end = padded(n);
    byte[] bytes = work;
    MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, start + (long) message * stride, bytes, 0, n);
    Arrays.fill(bytes, n, end, (byte) 0);
    IntrinsicAead.writeLengths(bytes, end, n);
    authenticator.start(oneTimeKey(message, 0), oneTimeKey(message, 1));
    authenticator.update(bytes, end + Poly1305.BLOCK_LENGTH);
    authenticator.finish(oneTimeKey(message, 2), oneTimeKey(message, 3), tag);
    keepTag(message);
  }

  private long oneTimeKey(int message, int word) {
    return oneTimeKeys.get(WORD, (long) message * BLOCK_LENGTH + (long) word * Long.BYTES);
  }

  private void keepTag(int message) {
    tags[2 * message] = tag[0];
    tags[2 * message + 1] = tag[1];
  }

  private static int padded(int bytes) {
    return bytes + Poly1305.BLOCK_LENGTH - 1 & -Poly1305.BLOCK_LENGTH;
  }
}
