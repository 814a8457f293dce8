package org.tailjar.wireguard;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;
import org.tailjar.benchmarks.SteadyState;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.PacketCiphers;
import org.tailjar.packet.Path;

/** What a handshake costs, and what a forged initiation costs who gets it. */
public class HandshakeBenchmark extends SteadyState {

  /** Past Rekey-Timeout, and slow enough never to look like a flood. */
  private static final Duration BETWEEN = Duration.ofSeconds(10);

  /** One end; what it sends last is kept. */
  private static final class End implements Output {
    final NodePrivateKey key = NodePrivateKey.generate();
    final WireGuard wireGuard;
    byte[] sent = new byte[0];
    int established;

    End(HandshakeBenchmark time) {
      wireGuard =
          new WireGuard(
              key, PacketCiphers.choose(), Timings.STANDARD, () -> time.wall, new Random(1));
    }

    @Override
    public void send(Peer peer, byte[] message, @Nullable Path replyTo) {
      sent = message;
    }

    @Override
    public void reply(Path path, byte[] message) {
      sent = message;
    }

    @Override
    public void established(Peer peer) {
      established++;
    }
  }

  private final MemorySegment buffer = Arena.ofAuto().allocate(256);
  private Instant wall = Instant.parse("2026-01-01T00:00:00Z");
  private long nanos;
  private final End initiator = new End(this);
  private final End responder = new End(this);
  private byte[] badMac = new byte[0];

  /** Makes the two ends each other's peer. */
  @Setup
  public void introduce() {
    initiator.wireGuard.add(responder.key.publicKey(), null);
    responder.wireGuard.add(initiator.key.publicKey(), null);
    handshake();
    Peer peer = initiator.wireGuard.peers().iterator().next();
    pass();
    initiator.wireGuard.initiate(peer, nanos, initiator);
    badMac = initiator.sent.clone();
    badMac[Message.INITIATION_LENGTH - 17] ^= 1;
  }

  private void pass() {
    wall = wall.plus(BETWEEN);
    nanos += BETWEEN.toNanos();
  }

  private void deliver(byte[] message, End to) {
    MemorySegment.copy(message, 0, buffer, ValueLayout.JAVA_BYTE, 0, message.length);
    to.wireGuard.handshake(buffer, 0, message.length, null, nanos, to);
  }

  /** Both roles: initiation, response, and the keys on both sides. */
  @Benchmark
  public int handshake() {
    pass();
    Peer peer = initiator.wireGuard.peers().iterator().next();
    initiator.wireGuard.advance(nanos, initiator);
    initiator.wireGuard.initiate(peer, nanos, initiator);
    int before = initiator.established;
    deliver(initiator.sent, responder);
    deliver(responder.sent, initiator);
    if (initiator.established == before) {
      throw new IllegalStateException("no session came about");
    }
    return initiator.established;
  }

  /** An initiation whose first MAC is wrong: what a flood without our public key costs. */
  @Benchmark
  public void refuse() {
    deliver(badMac, responder);
  }
}
