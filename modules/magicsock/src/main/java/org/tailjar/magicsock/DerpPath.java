package org.tailjar.magicsock;

import java.lang.foreign.MemorySegment;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.derp.DerpFrames;
import org.tailjar.derp.Relay;
import org.tailjar.packet.Batch;
import org.tailjar.packet.Path;

/** To a peer by a DERP region; one object for each peer and region. */
final class DerpPath implements Path {

  private final Relay relay;
  private final NodePublicKey peer;
  private final MemorySegment destination;

  DerpPath(Relay relay, NodePublicKey peer) {
    this.relay = relay;
    this.peer = peer;
    destination = MemorySegment.ofArray(peer.bytes());
  }

  @Override
  public int headroom() {
    return DerpFrames.PACKET_HEADER_LENGTH;
  }

  @Override
  public byte[] source() {
    return peer.bytes();
  }

  Relay relay() {
    return relay;
  }

  /** Fills the headers in and hands the slots over, headers and packets, in one copy. */
  void send(Batch batch) {
    MemorySegment memory = batch.memory();
    int count = batch.count();
    for (int i = 0; i < count; i++) {
      DerpFrames.putSendHeader(
          memory, batch.offset(i) - DerpFrames.PACKET_HEADER_LENGTH, destination, batch.length(i));
    }
    relay.sendFrames(memory, 0, batch.totalLength());
  }

  /** Sends one packet that is not in a batch. */
  void send(byte[] packet) {
    relay.send(peer, MemorySegment.ofArray(packet), 0, packet.length);
  }

  @Override
  public String toString() {
    return "relay " + relay.regionCode();
  }
}
