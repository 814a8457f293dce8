package org.tailjar.wireguard;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.tailjar.crypto.Aead;
import org.tailjar.crypto.AeadContext;
import org.tailjar.crypto.AeadKey;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.crypto.PacketCiphers;

/** What the stress tests are about. */
final class Sessions {

  static final long NOW = 0;
  static final int LENGTH = 32 + Session.OVERHEAD;

  private static final NodePublicKey SOMEBODY = NodePrivateKey.generate().publicKey();
  private static final Aead AEAD = PacketCiphers.byName(System.getProperty("stress.cipher", "jce"));
  private static final ThreadLocal<AeadContext> CONTEXTS = ThreadLocal.withInitial(AEAD::context);

  private Sessions() {}

  static Peer peer() {
    return new Peer(SOMEBODY, Timings.STANDARD, new Random(1));
  }

  static Session fresh() {
    return session(peer(), 1);
  }

  /** A session whose both keys are made of one number, so that it opens what it seals. */
  static Session session(Peer peer, int number) {
    return new Session(peer, true, number, number, key(number), key(number), NOW, Timings.STANDARD);
  }

  static AeadKey key(int number) {
    byte[] key = new byte[32];
    Arrays.fill(key, (byte) number);
    return AEAD.key(key);
  }

  static KeyPairs keyPairs() {
    return new KeyPairs(AEAD, Timings.STANDARD, new Random(1));
  }

  /** One for each thread. */
  static AeadContext context() {
    return CONTEXTS.get();
  }

  static MemorySegment memory() {
    return Arena.ofAuto().allocate(256, 16);
  }

  /** Seals a packet of zeros with a counter, behind its place. */
  static void seal(Session session, AeadContext context, long counter, MemorySegment memory) {
    session.seal(context, counter, memory, 128, 32, 1280, memory, 0);
  }

  /** The number of the key that a message of {@link #seal} is sealed with; 0 for none of them. */
  static int keyOf(MemorySegment message, AeadContext context) {
    MemorySegment copy = memory();
    for (int number = 1; number <= 3; number++) {
      MemorySegment.copy(message, 0, copy, 0, LENGTH);
      long counter = copy.get(ValueLayout.JAVA_LONG_UNALIGNED, 8);
      if (context.open(key(number), counter, copy, 16, LENGTH - 16, copy, 16)) {
        return number;
      }
    }
    return 0;
  }
}
