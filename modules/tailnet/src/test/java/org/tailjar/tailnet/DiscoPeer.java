package org.tailjar.tailnet;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.DiscoPrivateKey;
import org.tailjar.crypto.NaclBox;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.derp.DerpConfig;
import org.tailjar.derp.DerpConnections;
import org.tailjar.derp.DerpInput;
import org.tailjar.derp.DerpListener;
import org.tailjar.derp.DerpMap;
import org.tailjar.derp.Relay;
import org.tailjar.transport.Dialer;

/**
 * A peer that answers DISCO pings, by its relay and by UDP, and does nothing else. Its UDP can be
 * blocked, as by a firewall on the way.
 */
final class DiscoPeer implements AutoCloseable {

  private static final byte[] MAGIC = {
    0x54, 0x53, (byte) 0xf0, (byte) 0x9f, (byte) 0x92, (byte) 0xac
  };
  private static final int KEY_LENGTH = 32;
  private static final int NONCE = MAGIC.length + KEY_LENGTH;
  private static final int BOX = NONCE + NaclBox.NONCE_LENGTH;
  private static final int ID_LENGTH = 12;
  private static final byte PING = 1;
  private static final byte PONG = 2;

  private final DiscoPrivateKey disco = DiscoPrivateKey.generate();
  private final NodePrivateKey key;
  private final DatagramSocket udp =
      new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  private final Semaphore connected = new Semaphore(0);
  private final Semaphore arrived = new Semaphore(0);
  private final DerpInput input = new DerpInput(64, arrived::release);
  private final DerpConnections relays;
  private final Thread relayReader;
  private volatile boolean blocked;
  private @Nullable NaclBox box;

  /** Connects to its relay and waits until it is there. */
  DiscoPeer(NodePrivateKey key, DerpConfig.PlainHttpServer relay, DerpMap map, int region)
      throws IOException, InterruptedException {
    this.key = key;
    relays =
        new DerpConnections(
            new DerpConfig(key, Dialer.builder().build(), relay),
            input,
            new DerpListener() {
              @Override
              public void connected(int regionId) {
                connected.release();
              }
            });
    relays.apply(map);
    relays.home(region);
    connected.acquire();
    Thread.ofPlatform().daemon().start(this::readUdp);
    relayReader = Thread.ofPlatform().daemon().start(this::readRelay);
  }

  NodePublicKey key() {
    return key.publicKey();
  }

  String discoKey() {
    return disco.publicKey().text();
  }

  int port() {
    return udp.getLocalPort();
  }

  /** Neither takes nor sends anything by UDP from now on, or does both again. */
  void blockUdp(boolean block) {
    blocked = block;
  }

  private void readUdp() {
    DatagramPacket packet = new DatagramPacket(new byte[2048], 2048);
    try {
      while (true) {
        packet.setLength(2048);
        udp.receive(packet);
        byte[] pong = blocked ? null : answer(Arrays.copyOf(packet.getData(), packet.getLength()));
        if (pong != null) {
          udp.send(new DatagramPacket(pong, pong.length, packet.getSocketAddress()));
        }
      }
    } catch (IOException _) {
      // Closed.
    }
  }

  private void readRelay() {
    try {
      while (true) {
        arrived.acquire();
        while (input.peek()) {
          byte[] packet = input.memory().asSlice(0, input.length()).toArray(ValueLayout.JAVA_BYTE);
          byte[] pong = answer(packet);
          Relay relay = relays.relay(input.regionId());
          if (pong != null && relay != null) {
            relay.send(input.source(), MemorySegment.ofArray(pong), 0, pong.length);
          }
          input.release();
        }
      }
    } catch (InterruptedException _) {
      // Closed.
    }
  }

  /** The pong to a ping of the one node that this knows; null for everything else. */
  private synchronized byte @Nullable [] answer(byte[] packet) {
    if (packet.length < BOX || !Arrays.equals(MAGIC, Arrays.copyOf(packet, MAGIC.length))) {
      return null;
    }
    if (box == null) {
      box = new NaclBox(disco.bytes(), Arrays.copyOfRange(packet, MAGIC.length, NONCE));
    }
    byte[] message =
        box.open(
            Arrays.copyOfRange(packet, NONCE, BOX), Arrays.copyOfRange(packet, BOX, packet.length));
    if (message == null || message[0] != PING) {
      return null;
    }
    // Type, version, the ping's number, and where it seemed to come from, which nobody looks at.
    byte[] pong = ByteBuffer.allocate(2 + ID_LENGTH + 18).put(PONG).put((byte) 0).array();
    System.arraycopy(message, 2, pong, 2, ID_LENGTH);
    byte[] nonce = Arrays.copyOfRange(packet, NONCE, BOX);
    nonce[0] ^= 1;
    byte[] sealed = box.seal(nonce, pong);
    return ByteBuffer.allocate(BOX + sealed.length)
        .put(MAGIC)
        .put(disco.publicKey().bytes())
        .put(nonce)
        .put(sealed)
        .array();
  }

  @Override
  public void close() {
    relays.close();
    udp.close();
    relayReader.interrupt();
  }
}
