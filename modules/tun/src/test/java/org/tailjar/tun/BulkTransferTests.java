package org.tailjar.tun;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tailjar.linux.ClosedDescriptorException;
import org.tailjar.packet.Coalescer;
import org.tailjar.packet.ForwardingDevice;
import org.tailjar.packet.GatherPacket;
import org.tailjar.packet.IpPrefix;
import org.tailjar.packet.PacketDevice;
import org.tailjar.packet.Segmenter;
import org.tailjar.packet.SuperPacket;

/** Bulk TCP through two TUN devices in two namespaces, split and merged in between. */
class BulkTransferTests {

  private static final int BYTES = 64 << 20;

  @ParameterizedTest
  @CsvSource({
    "100.64.0.1, 100.64.0.2, true",
    "100.64.0.1, 100.64.0.2, false",
    "fd7a:115c:a1e0::1, fd7a:115c:a1e0::2, true"
  })
  void tcpArrivesUnchangedInFewReadsAndWrites(String left, String right, boolean offloads)
      throws Exception {
    try (NamespaceThread client = new NamespaceThread();
        NamespaceThread server = new NamespaceThread();
        End a = new End(client, left, offloads);
        End b = new End(server, right, offloads)) {
      FutureTask<Pump> there = Pump.start(a.device, b.device);
      FutureTask<Pump> back = Pump.start(b.device, a.device);
      ServerSocket listener =
          server.call(() -> new ServerSocket(0, 1, InetAddress.getByName(right)));
      Future<byte[]> received = server.start(() -> receive(listener));
      byte[] sent = client.call(() -> send(InetAddress.getByName(right), listener.getLocalPort()));
      assertThat(received.get(60, TimeUnit.SECONDS)).isEqualTo(sent);
      boolean merges = a.device.mergesTcp();
      a.device.close();
      b.device.close();
      Pump pump = there.get(60, TimeUnit.SECONDS);
      back.get(60, TimeUnit.SECONDS);
      assertThat(pump.packets).isGreaterThan(BYTES / 1280);
      if (offloads) {
        assumeTrue(merges, "needs a kernel with TUN offloads");
        // Some 40; TCP sends shorter super-packets where its round trips are long. Without an
        // offload it is one, see below.
        assertThat(pump.packets / pump.reads).as("packets per read").isGreaterThanOrEqualTo(5);
        assertThat(pump.to.writes).as("writes for these reads").isLessThanOrEqualTo(2 * pump.reads);
      } else {
        assertThat(pump.packets).isEqualTo(pump.reads).isEqualTo(pump.to.writes);
      }
    }
  }

  private static byte[] send(InetAddress to, int port) throws Exception {
    try (Socket socket = new Socket(to, port);
        DigestOutputStream out =
            new DigestOutputStream(
                socket.getOutputStream(), MessageDigest.getInstance("SHA-256"))) {
      byte[] block = new byte[256 << 10];
      new Random(1).nextBytes(block);
      for (int left = BYTES; left > 0; left -= block.length) {
        out.write(block);
      }
      return out.getMessageDigest().digest();
    }
  }

  private static byte[] receive(ServerSocket listener) throws Exception {
    try (listener;
        Socket socket = listener.accept();
        InputStream in = socket.getInputStream();
        DigestInputStream digest =
            new DigestInputStream(in, MessageDigest.getInstance("SHA-256"))) {
      digest.transferTo(OutputStream.nullOutputStream());
      return digest.getMessageDigest().digest();
    }
  }

  private static final class End implements AutoCloseable {

    final TunDevice device;
    final Router router;

    End(NamespaceThread namespace, String address, boolean offloads) throws Exception {
      TunConfig config = TunConfig.of("tailscale0", 1280);
      device = namespace.call(() -> TunDevice.open(offloads ? config : config.withoutOffloads()));
      router = namespace.call(() -> Router.open(device.name()));
      router.apply(
          new RouterConfig(
              Set.of(IpPrefix.parse(address)),
              Set.of(IpPrefix.parse("100.64.0.0/10"), IpPrefix.parse("fd7a:115c:a1e0::/48")),
              1280));
    }

    @Override
    public void close() {
      router.close();
      device.close();
    }
  }

  /** Carries packets one way, through buffers of its own, as a network would. */
  private static final class Pump implements Callable<Pump> {

    private final PacketDevice from;
    private final Counting to;
    private long reads;
    private long packets;

    Pump(PacketDevice from, PacketDevice to) {
      this.from = from;
      this.to = new Counting(to);
    }

    /** Runs until one of the devices is closed. */
    static FutureTask<Pump> start(PacketDevice from, PacketDevice to) {
      FutureTask<Pump> task = new FutureTask<>(new Pump(from, to));
      Thread.ofPlatform().daemon().start(task);
      return task;
    }

    @Override
    public Pump call() throws IOException {
      SuperPacket packet = new SuperPacket(Arena.ofAuto());
      Segmenter segmenter = new Segmenter();
      Coalescer coalescer = new Coalescer(to);
      MemorySegment slots = Arena.ofAuto().allocate(1 << 20);
      try {
        while (true) {
          if (!from.read(packet)) {
            from.awaitReadable(-1);
            continue;
          }
          segmenter.start(packet);
          reads++;
          long at = 0;
          while (segmenter.next()) {
            packets++;
            MemorySegment.copy(packet.memory(), segmenter.offset(), slots, at, segmenter.length());
            coalescer.add(slots, at, segmenter.length());
            at += segmenter.length() + 32;
          }
          coalescer.flush();
        }
      } catch (ClosedDescriptorException e) {
        return this;
      }
    }
  }

  private static final class Counting extends ForwardingDevice {

    long writes;
    long packets;

    Counting(PacketDevice device) {
      super(device);
    }

    @Override
    public void write(GatherPacket packet) throws IOException {
      writes++;
      packets += packet.pieces();
      super.write(packet);
    }
  }
}
