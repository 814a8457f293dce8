package org.tailjar.magicsock;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.derp.DerpInput;
import org.tailjar.derp.Relay;
import org.tailjar.derp.Relays;
import org.tailjar.packet.Batch;

/** Takes what relays delivered and puts runs of it into batches. Owned by the first RX thread. */
final class RelayInput {

  // WireGuard paper 5.4.2.
  private static final int INITIATION = 1;
  private static final int INITIATION_LENGTH = 148;

  /** Takes what is not WireGuard; the bytes are its own. */
  @FunctionalInterface
  interface Others {
    /** A DISCO packet of a peer. */
    void packet(int regionId, MagicEndpoint source, byte[] bytes);
  }

  private final DerpInput input;

  private final PeerTable peers;
  private final Relays relays;

  RelayInput(DerpInput input, PeerTable peers, Relays relays) {
    this.input = input;
    this.peers = peers;
    this.relays = relays;
  }

  /**
   * Fills the batch with the next packets of one peer, as long as they are of equal length but the
   * last.
   *
   * @return false when there is nothing more now
   */
  boolean receive(Batch into, Others others) {
    MemorySegment memory = into.memory();
    @Nullable DerpPath path = null;
    @Nullable NodePublicKey source = null;
    int region = 0;
    int count = 0;
    int datagramLength = 0;
    int end = 0;
    while (input.peek()) {
      int length = input.length();
      boolean joins =
          count == 0
              || (count < Batch.MAX_DATAGRAMS
                  && end == count * datagramLength
                  && length <= datagramLength
                  && end + length <= Batch.MAX_BYTES
                  && region == input.regionId()
                  && (input.source() == source || input.source().equals(source)));
      if (!joins) {
        break;
      }
      Datagrams.Kind kind = Datagrams.kind(input.memory(), 0, length);
      if (kind == Datagrams.Kind.WIREGUARD && length <= Batch.MAX_BYTES) {
        if (count == 0) {
          region = input.regionId();
          source = input.source();
          MagicEndpoint peer = peers.peer(source);
          path =
              peer == null
                  ? strangersPath(source, region, length)
                  : peer.arrivalPath(region, relays);
          datagramLength = length;
        }
        if (path != null) {
          MemorySegment.copy(input.memory(), 0, memory, end, length);
          end += length;
          count++;
        }
      } else if (kind == Datagrams.Kind.DISCO) {
        MagicEndpoint peer = peers.peer(input.source());
        if (peer != null) {
          byte[] bytes = new byte[length];
          MemorySegment.copy(input.memory(), ValueLayout.JAVA_BYTE, 0, bytes, 0, length);
          others.packet(input.regionId(), peer, bytes);
        }
      }
      input.release();
    }
    if (count == 0 || path == null) {
      return false;
    }
    into.received(path, end, datagramLength);
    return true;
  }

  /**
   * An initiation may come before the server has told of its sender, who is to be answered when it
   * has; nothing else of a stranger is of use.
   */
  private @Nullable DerpPath strangersPath(NodePublicKey source, int region, int length) {
    if (length != INITIATION_LENGTH || input.memory().get(ValueLayout.JAVA_BYTE, 0) != INITIATION) {
      return null;
    }
    Relay relay = relays.relay(region);
    return relay == null ? null : new DerpPath(relay, source);
  }
}
