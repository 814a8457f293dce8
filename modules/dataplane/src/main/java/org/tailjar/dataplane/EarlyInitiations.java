package org.tailjar.dataplane;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.packet.Path;

/**
 * Initiations of those who are no peers yet: the control server tells a new node of its peers about
 * a second before it tells them of the new node, whose first initiation would be lost, and the next
 * comes five seconds later. Each waits for its peer that long, and is then answered. The last one
 * of each sender counts, of a bounded number of senders. Belongs to the first RX thread.
 */
final class EarlyInitiations {

  /** An initiation, and the path to answer it by. */
  record Waiting(byte[] message, Path path, long since) {}

  static final int MOST = 64;

  /** WireGuard's Rekey-Timeout: then its sender has made another one. */
  private static final long MOST_WAIT_NANOS = Duration.ofSeconds(5).toNanos();

  private final Map<NodePublicKey, Waiting> bySender =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<NodePublicKey, Waiting> eldest) {
          return size() > MOST;
        }
      };

  void add(
      NodePublicKey sender, MemorySegment memory, int offset, int length, Path path, long now) {
    byte[] message = memory.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE);
    bySender.remove(sender);
    bySender.put(sender, new Waiting(message, path, now));
  }

  /** Takes what waits for this peer; null when there is nothing, or nothing of use any more. */
  @Nullable Waiting take(NodePublicKey peer, long now) {
    Waiting waiting = bySender.remove(peer);
    return waiting == null || now - waiting.since() >= MOST_WAIT_NANOS ? null : waiting;
  }
}
