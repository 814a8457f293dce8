package org.tailjar.magicsock;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.DiscoPrivateKey;
import org.tailjar.crypto.DiscoPublicKey;

/**
 * The boxes between this node and one peer. A peer may know this node by the DISCO key of its
 * former life until the server has told it of the present one, which is whenever it is connected:
 * so what this node begins is sealed with both, and answers with the one that the peer used, until
 * the peer is heard to use the present one. Belongs to the first RX thread.
 */
final class DiscoBoxes {

  private final DiscoBox present;
  private @Nullable DiscoBox former;

  /** The one that opened the last message of the peer. */
  private DiscoBox used;

  DiscoBoxes(DiscoPrivateKey own, @Nullable DiscoPrivateKey formerOwn, DiscoPublicKey peer) {
    present = new DiscoBox(own, peer);
    former = formerOwn == null ? null : new DiscoBox(formerOwn, peer);
    used = present;
  }

  /** The message in a packet; null when it is forged, malformed, or of an unknown type. */
  @Nullable Disco open(byte[] packet) {
    Disco message = present.open(packet);
    if (message != null) {
      used = present;
      former = null;
      return message;
    }
    DiscoBox before = former;
    message = before == null ? null : before.open(packet);
    if (message != null && before != null) {
      used = before;
    }
    return message;
  }

  /** The packet that answers the message that was opened last. */
  byte[] sealAnswer(Disco message) {
    return used.seal(message);
  }

  /** The packets, of which the peer can open one. */
  List<byte[]> seal(Disco message) {
    DiscoBox before = former;
    return before == null
        ? List.of(present.seal(message))
        : List.of(present.seal(message), before.seal(message));
  }
}
