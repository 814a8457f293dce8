package org.tailjar.dataplane;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Setup;
import org.tailjar.benchmarks.Segments;
import org.tailjar.benchmarks.SteadyState;
import org.tailjar.crypto.PacketCiphers;
import org.tailjar.dataplane.MemoryPaths.Way;
import org.tailjar.derp.DerpFrames;
import org.tailjar.wireguard.Session;

/**
 * The whole packet path of two nodes but for the kernel, with the cipher that is chosen for this
 * machine: device and paths are in memory. The time is for one packet of a burst.
 */
public class PacketPathBenchmark extends SteadyState {

  /** About what one send takes under bulk traffic. */
  private static final int SEGMENTS = 40;

  /** Payload that fills a packet of 1,280 bytes. */
  private static final int SEGMENT_SIZE = MemoryDevice.MTU - Segments.HEADERS;

  /** Reads after which TX sends what it has. */
  private static final int DATAGRAMS = 64;

  private static final int DATAGRAM_PAYLOAD = 200;

  /** Milliseconds in which a cipher that is made when it is needed is made. */
  private static final int START_MILLISECONDS = 500;

  /** A segment's headers of IP, WireGuard and DERP, its payload, and WireGuard's tag. */
  private static final int RELAYED_LENGTH =
      MemoryDevice.MTU + Session.OVERHEAD + DerpFrames.PACKET_HEADER_LENGTH;

  private final Pair bulk = new Pair(bulk());
  private final Pair small = new Pair(small());

  /** A node that sends and one that receives. */
  private static final class Pair {
    final MemoryDevice sink;
    final SteppedPlane sender;
    final SteppedPlane receiver;

    Pair(MemoryDevice source) {
      sink = new MemoryDevice(MemorySegment.ofArray(new byte[1]), 0);
      sender = new SteppedPlane("100.64.0.1", source, PacketCiphers.choose());
      receiver = new SteppedPlane("100.64.0.2", sink, PacketCiphers.choose());
    }

    /** Sends so many packets; throws if they were not. */
    long transmit(Way way, int reads, int packets) throws IOException {
      MemoryPaths paths = sender.paths();
      if (sender.isUnsettled()) {
        paths.way(Way.TO_OTHER);
        SteppedPlane.settle(sender, receiver);
      }
      paths.way(way);
      long before = paths.sent();
      sender.transmit(reads);
      return expect(packets, paths.sent() - before);
    }

    /** The same, and the other receives them. */
    long transmitAndReceive(int reads, int packets) throws IOException {
      long before = sink.written();
      transmit(Way.TO_OTHER, reads, packets);
      receiver.receive();
      return expect(packets, sink.written() - before);
    }

    private static long expect(int packets, long there) {
      if (there != packets) {
        throw new IllegalStateException(there + " of " + packets + " packets");
      }
      return there;
    }
  }

  private static MemoryDevice bulk() {
    int payload = SEGMENTS * SEGMENT_SIZE;
    MemorySegment packet = Arena.ofAuto().allocate(Segments.HEADERS + payload);
    Segments.write(packet, 0, payload, 1);
    return new MemoryDevice(packet, SEGMENT_SIZE);
  }

  private static MemoryDevice small() {
    MemorySegment packet = Arena.ofAuto().allocate(Segments.UDP_HEADERS + DATAGRAM_PAYLOAD);
    Segments.writeUdp(packet, DATAGRAM_PAYLOAD);
    return new MemoryDevice(packet, 0);
  }

  /** Makes sessions, and has the cipher ready. */
  @Setup
  public void connect() throws IOException, InterruptedException {
    SteppedPlane.connect(bulk.sender, bulk.receiver);
    SteppedPlane.connect(small.sender, small.receiver);
    tcpOutAndIn();
    udpOutAndIn();
    Thread.sleep(START_MILLISECONDS);
  }

  /** TX for a super-packet of TCP. */
  @Benchmark
  @OperationsPerInvocation(SEGMENTS)
  public long tcpOut() throws IOException {
    return bulk.transmit(Way.NOWHERE, 1, SEGMENTS);
  }

  /** TX of one node and RX of the other for a super-packet of TCP. */
  @Benchmark
  @OperationsPerInvocation(SEGMENTS)
  public long tcpOutAndIn() throws IOException {
    return bulk.transmitAndReceive(1, SEGMENTS);
  }

  /** TX for UDP packets that are read one by one. */
  @Benchmark
  @OperationsPerInvocation(DATAGRAMS)
  public long udpOut() throws IOException {
    return small.transmit(Way.NOWHERE, DATAGRAMS, DATAGRAMS);
  }

  /** TX of one node and RX of the other for the same. */
  @Benchmark
  @OperationsPerInvocation(DATAGRAMS)
  public long udpOutAndIn() throws IOException {
    return small.transmitAndReceive(DATAGRAMS, DATAGRAMS);
  }

  /** TX for a super-packet of TCP that goes by a relay, up to what the relay's writer takes. */
  @Benchmark
  @OperationsPerInvocation(SEGMENTS)
  public long tcpRelayed() throws IOException, InterruptedException {
    bulk.transmit(Way.BY_RELAY, 1, SEGMENTS);
    long bytes = bulk.sender.paths().relay().drain();
    if (bytes < SEGMENTS * RELAYED_LENGTH) {
      throw new IllegalStateException("the relay was to get " + bytes + " bytes");
    }
    return bytes;
  }
}
