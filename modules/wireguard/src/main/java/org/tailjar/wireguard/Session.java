package org.tailjar.wireguard;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.Aead;
import org.tailjar.crypto.AeadContext;
import org.tailjar.crypto.AeadKey;

/**
 * A pair of transport keys and the messages under them (WireGuard paper 5.4.6). Any thread may
 * {@link #reserve} counters and {@link #seal}, several at once with a context each. RX threads
 * {@link #open}, one after the other.
 */
public final class Session {

  /** Bytes ahead of the ciphertext: type, receiver index, counter. */
  public static final int HEADER_LENGTH = 16;

  /** Bytes that a message is longer than the padded packet in it. */
  public static final int OVERHEAD = HEADER_LENGTH + Aead.TAG_LENGTH;

  /** {@link #reserve}: no counters are left. As an unsigned number no counter is as great. */
  public static final long EXHAUSTED = -1;

  /** {@link #open}: not a transport message to this session, or forged. */
  public static final int FORGED = -1;

  /** {@link #open}: received before, or too long ago to tell. */
  public static final int REPLAYED = -2;

  /** {@link #open}: the session is too old, or its counters are used up. */
  public static final int EXPIRED = -3;

  /** Rekey-After-Messages (paper 6.1). */
  static final long REKEY_AFTER_MESSAGES = 1L << 60;

  /** Reject-After-Messages (paper 6.1), unsigned: 2^64 - 2^13 - 1. */
  static final long REJECT_AFTER_MESSAGES = -(1L << 13) - 1;

  /** What {@link #check} says of a message that may be tried. */
  static final int OPEN = 0;

  private static final int PADDING_MULTIPLE = 16;
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** The next counter to send with. Tests set it. */
  final AtomicLong sendCounter = new AtomicLong();

  private final Peer peer;
  private final boolean initiator;
  private final int localIndex;
  private final int remoteIndex;
  private final AeadKey sendKey;
  private final AeadKey receiveKey;
  private final long created;
  private final long rekeyNanos;
  private final long rekeyReceivingNanos;
  private final long rejectNanos;

  private volatile @Nullable SendOrder sendOrder;

  /**
   * Held by the RX thread that opens messages, and by the owner while it ends that. Nearly always
   * free, as all messages of a session come to the same thread but for a few at a change of paths.
   */
  private final Object receiving = new Object();

  private final ReplayWindow window = new ReplayWindow();
  private boolean closed;

  Session(
      Peer peer,
      boolean initiator,
      int localIndex,
      int remoteIndex,
      AeadKey sendKey,
      AeadKey receiveKey,
      long created,
      Timings timings) {
    this.peer = peer;
    this.initiator = initiator;
    this.localIndex = localIndex;
    this.remoteIndex = remoteIndex;
    this.sendKey = sendKey;
    this.receiveKey = receiveKey;
    this.created = created;
    rekeyNanos = timings.rekeyAfterTime().toNanos();
    rekeyReceivingNanos = timings.rekeyAfterTimeReceiving().toNanos();
    rejectNanos = timings.rejectAfterTime().toNanos();
  }

  /** Whom the keys are shared with. */
  public Peer peer() {
    return peer;
  }

  /**
   * Hands out counters, each of them once. Every message must be sealed with one that was handed
   * out here. One call takes them all or none.
   *
   * @param n how many, at least 1
   * @return the first of {@code n} in sequence; {@link #EXHAUSTED} when there are not so many left
   */
  public long reserve(int n) {
    if (n < 1) {
      throw new IllegalArgumentException("reserving " + n + " counters");
    }
    while (true) {
      long first = sendCounter.get();
      if (Long.compareUnsigned(first, REJECT_AFTER_MESSAGES - n) > 0) {
        return EXHAUSTED;
      }
      if (sendCounter.compareAndSet(first, first + n)) {
        return first;
      }
    }
  }

  /** A counter that is not greater than any that is yet to be handed out. */
  long nextCounter() {
    return sendCounter.get();
  }

  /**
   * What keeps threads near each other that send on this session at once.
   *
   * @param senders how many there are, the same number in every call
   */
  public SendOrder sendOrder(int senders) {
    SendOrder order = sendOrder;
    return order != null ? order : firstSendOrder(senders);
  }

  private synchronized SendOrder firstSendOrder(int senders) {
    SendOrder order = sendOrder;
    if (order == null) {
      order = new SendOrder(this, senders);
      sendOrder = order;
    }
    return order;
  }

  /**
   * Length of the message that a packet becomes, in bytes. Packets are padded to a multiple of 16,
   * but not beyond the MTU.
   */
  public static int sealedLength(int plaintextLength, int mtu) {
    return paddedLength(plaintextLength, mtu) + OVERHEAD;
  }

  private static int paddedLength(int length, int mtu) {
    int rounded = (length + PADDING_MULTIPLE - 1) & -PADDING_MULTIPLE;
    return Math.max(length, Math.min(rounded, mtu));
  }

  /**
   * Seals a packet into a message. The message may be written over the packet, if that is at {@code
   * toOffset + HEADER_LENGTH} exactly; otherwise the two do not overlap, and the packet is only
   * read.
   *
   * @param counter one that {@link #reserve} handed out
   * @param from off-heap
   * @param length of the packet in bytes; 0 for a keepalive
   * @param mtu of the device, see {@link #sealedLength}
   * @param to off-heap
   * @return length of the message in bytes
   */
  public int seal(
      AeadContext context,
      long counter,
      MemorySegment from,
      long fromOffset,
      int length,
      int mtu,
      MemorySegment to,
      long toOffset) {
    writeHeader(to, toOffset, counter);
    long content = toOffset + HEADER_LENGTH;
    int padded = paddedLength(length, mtu);
    if (padded == length) {
      context.seal(sendKey, counter, from, fromOffset, length, to, content);
    } else {
      // Padded there: what lies behind the packet may be somebody else's.
      MemorySegment.copy(from, fromOffset, to, content, length);
      to.asSlice(content + length, padded - length).fill((byte) 0);
      context.seal(sendKey, counter, to, content, padded, to, content);
    }
    return padded + OVERHEAD;
  }

  /**
   * Seals packets that lie where the plaintext of their messages belongs, padded already, and makes
   * them messages.
   *
   * @param counters that {@link #reserve} handed out, one for each packet
   * @param count of packets, at least 1
   * @param memory off-heap
   * @param offset of the first message; its packet is {@link #HEADER_LENGTH} bytes behind it
   * @param stride bytes from the start of one message to that of the next
   * @param length of every message but the last, see {@link #sealedLength}
   * @param lastLength of the last message, at most {@code length}
   * @throws IllegalStateException when the key is destroyed; nothing of the batch may be sent then:
   *     some packets may be messages already, the others are as they were or zeros
   */
  public void sealAll(
      AeadContext context,
      long[] counters,
      int count,
      MemorySegment memory,
      long offset,
      int stride,
      int length,
      int lastLength) {
    for (int i = 0; i < count; i++) {
      writeHeader(memory, offset + (long) i * stride, counters[i]);
    }
    context.sealAll(
        sendKey,
        counters,
        count,
        memory,
        offset + HEADER_LENGTH,
        stride,
        length - OVERHEAD,
        lastLength - OVERHEAD);
  }

  private void writeHeader(MemorySegment to, long offset, long counter) {
    to.set(INT, offset, Message.TRANSPORT);
    to.set(INT, offset + 4, remoteIndex);
    to.set(LONG, offset + 8, counter);
  }

  /**
   * Opens a transport message where it lies. Any RX thread. An authentic one must then be given to
   * {@link WireGuard#received}; one that is not leaves no trace in the session.
   *
   * @param length of the message in bytes
   * @param now {@link System#nanoTime()}
   * @return length of the packet, which lies at {@code offset + HEADER_LENGTH}, with its padding: 0
   *     for a keepalive, which is for nobody but this module; or {@link #FORGED}, {@link
   *     #REPLAYED}, {@link #EXPIRED}
   */
  public int open(AeadContext context, MemorySegment memory, long offset, int length, long now) {
    synchronized (receiving) {
      return openHeld(context, memory, offset, length, now);
    }
  }

  /** As {@link #open}, for one who holds {@link #receiving}. */
  int openHeld(AeadContext context, MemorySegment memory, long offset, int length, long now) {
    int refused = check(memory, offset, length, now);
    if (refused != OPEN) {
      return refused;
    }
    long counter = counter(memory, offset);
    long content = offset + HEADER_LENGTH;
    if (!context.open(
        receiveKey, counter, memory, content, length - HEADER_LENGTH, memory, content)) {
      return FORGED;
    }
    window.mark(counter);
    return length - OVERHEAD;
  }

  /** What is held while messages are opened: from {@link #check} to {@link #accept}. */
  Object receiving() {
    return receiving;
  }

  /** Why a message cannot be opened; {@link #OPEN} if it is to be tried. */
  int check(MemorySegment memory, long offset, int length, long now) {
    if (length < OVERHEAD
        || memory.get(INT, offset) != Message.TRANSPORT
        || memory.get(INT, offset + 4) != localIndex) {
      return FORGED;
    }
    long counter = counter(memory, offset);
    if (closed || isExpired(now) || Long.compareUnsigned(counter, REJECT_AFTER_MESSAGES) >= 0) {
      return EXPIRED;
    }
    return window.accepts(counter) ? OPEN : REPLAYED;
  }

  /** The counter of a message. */
  long counter(MemorySegment memory, long offset) {
    return memory.get(LONG, offset + 8);
  }

  /** Opens messages that {@link #check} let pass; those that are authentic must be accepted. */
  void openAll(
      AeadContext context,
      long[] counters,
      int count,
      MemorySegment memory,
      long offset,
      int stride,
      int length,
      int lastLength,
      boolean[] authentic) {
    context.openAll(
        receiveKey,
        counters,
        count,
        memory,
        offset + HEADER_LENGTH,
        stride,
        length - HEADER_LENGTH,
        lastLength - HEADER_LENGTH,
        authentic);
  }

  /** Whether the counter of an authentic message is new, which it is not any more after this. */
  boolean accept(long counter) {
    if (!window.accepts(counter)) {
      return false;
    }
    window.mark(counter);
    return true;
  }

  int localIndex() {
    return localIndex;
  }

  /** Whether nothing may be sealed or opened any more. */
  boolean isExpired(long now) {
    return now - created >= rejectNanos;
  }

  /** Whether a message may be sealed. */
  boolean canSend(long now) {
    return !isExpired(now) && Long.compareUnsigned(sendCounter.get(), REJECT_AFTER_MESSAGES) < 0;
  }

  /** Whether it is time for a new session, seen by one who sends (paper 6.2). */
  boolean wantsRekeySending(long now) {
    return Long.compareUnsigned(sendCounter.get(), REKEY_AFTER_MESSAGES) > 0
        || (initiator && now - created > rekeyNanos);
  }

  /** Whether it is time for a new session, seen by one who may only receive (paper 6.2). */
  boolean wantsRekeyReceiving(long now) {
    return initiator && now - created > rekeyReceivingNanos;
  }

  /** Ends receiving for good, and sending but for messages whose counters are handed out. */
  void close() {
    synchronized (receiving) {
      closed = true;
      receiveKey.destroy();
    }
    sendCounter.set(REJECT_AFTER_MESSAGES);
  }

  /** Overwrites the key that other threads may use until then. */
  void destroySendKey() {
    sendKey.destroy();
  }

  @Override
  public String toString() {
    return "Session[" + peer.key() + ", " + Integer.toHexString(localIndex) + "]";
  }
}
