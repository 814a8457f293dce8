package org.tailjar.wireguard;

import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The receiver indices that this side gave out: each stands for a handshake under way or for a
 * session. Open addressing with linear probing; a lookup allocates nothing. Every RX thread looks
 * sessions up, once for all messages of a session that came together; the first one changes them.
 */
final class IndexTable {

  private static final int INITIAL_CAPACITY = 64;

  private final RandomGenerator random;
  private int[] indices = new int[INITIAL_CAPACITY];
  private @Nullable Peer[] handshakes = new @Nullable Peer[INITIAL_CAPACITY];
  private @Nullable Session[] sessions = new @Nullable Session[INITIAL_CAPACITY];
  private int size;
  private int receivers = 1;
  private int nextReceiver;

  IndexTable(RandomGenerator random) {
    this.random = random;
  }

  /** See {@link WireGuard#receivers}. */
  synchronized void receivers(int count) {
    receivers = count;
    nextReceiver = count - 1;
  }

  /**
   * A random index that is not in use, for a handshake that this peer is to answer. It names the RX
   * thread of the peer: each peer that we exchange keys with gets the next one in turn, so that the
   * few that are busy do not share one; the first thread, which has other work as well, comes last.
   */
  synchronized int allocate(Peer peer) {
    if (peer.receiver() < 0) {
      peer.receiver(nextReceiver);
      nextReceiver = (nextReceiver == 0 ? receivers : nextReceiver) - 1;
    }
    if (size * 2 >= indices.length) {
      grow();
    }
    while (true) {
      int index = random.nextInt();
      int slot = slot(index);
      if (isFree(slot) && WireGuard.receiver(index, receivers) == peer.receiver()) {
        indices[slot] = index;
        handshakes[slot] = peer;
        size++;
        return index;
      }
    }
  }

  /** Makes an index that was allocated stand for a session. */
  synchronized void put(int index, Session session) {
    int slot = slot(index);
    if (isFree(slot)) {
      throw new IllegalStateException("the index was not allocated");
    }
    handshakes[slot] = null;
    sessions[slot] = session;
  }

  /** The session of an index; null if there is none. */
  synchronized @Nullable Session session(int index) {
    return sessions[slot(index)];
  }

  /** The peer that a handshake with this index goes to; null if there is none under way. */
  synchronized @Nullable Peer handshake(int index) {
    return handshakes[slot(index)];
  }

  /** Frees an index. */
  synchronized void remove(int index) {
    int hole = slot(index);
    if (isFree(hole)) {
      return;
    }
    size--;
    int mask = indices.length - 1;
    int next = hole;
    while (true) {
      next = (next + 1) & mask;
      if (isFree(next)) {
        break;
      }
      // An entry moves back unless that would put it ahead of the slot that its index hashes to.
      if (((next - indices[next]) & mask) >= ((next - hole) & mask)) {
        move(next, hole);
        hole = next;
      }
    }
    handshakes[hole] = null;
    sessions[hole] = null;
  }

  synchronized int size() {
    return size;
  }

  private void move(int from, int to) {
    indices[to] = indices[from];
    handshakes[to] = handshakes[from];
    sessions[to] = sessions[from];
  }

  private boolean isFree(int slot) {
    return sessions[slot] == null && handshakes[slot] == null;
  }

  /** The slot of an index, or the free slot where it would be. Indices are random already. */
  private int slot(int index) {
    int mask = indices.length - 1;
    int slot = index & mask;
    while (indices[slot] != index && !isFree(slot)) {
      slot = (slot + 1) & mask;
    }
    // A free slot may hold the number of an index that was removed, but nothing with it.
    return slot;
  }

  private void grow() {
    int[] oldIndices = indices;
    @Nullable Peer[] oldHandshakes = handshakes;
    @Nullable Session[] oldSessions = sessions;
    indices = new int[oldIndices.length * 2];
    handshakes = new @Nullable Peer[indices.length];
    sessions = new @Nullable Session[indices.length];
    for (int i = 0; i < oldIndices.length; i++) {
      if (oldHandshakes[i] != null || oldSessions[i] != null) {
        int slot = slot(oldIndices[i]);
        indices[slot] = oldIndices[i];
        handshakes[slot] = oldHandshakes[i];
        sessions[slot] = oldSessions[i];
      }
    }
  }
}
