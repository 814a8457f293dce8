package org.tailjar.magicsock;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.derp.DerpDecoder;
import org.tailjar.derp.DerpException;
import org.tailjar.derp.DerpFrames;
import org.tailjar.derp.DerpInput;
import org.tailjar.derp.DerpMap;
import org.tailjar.derp.DerpNode;
import org.tailjar.derp.DerpRegion;
import org.tailjar.derp.Relay;
import org.tailjar.derp.Relays;

/** One relay region in memory, which all nodes that share a hub are connected to. */
final class FakeRelays implements Relays {

  static final int REGION = 900;

  static final class Hub {
    private final Map<NodePublicKey, DerpInput> inputs = new ConcurrentHashMap<>();

    void deliver(NodePublicKey source, NodePublicKey destination, byte[] packet) {
      DerpInput input = inputs.get(destination);
      if (input != null && input.offer(REGION, source, packet, 0, packet.length)) {
        input.wake();
      }
    }
  }

  private final Hub hub;
  private final NodePublicKey self;
  volatile int home;

  private final Relay relay =
      new Relay() {
        @Override
        public int regionId() {
          return REGION;
        }

        @Override
        public String regionCode() {
          return "fake";
        }

        @Override
        public boolean isConnected() {
          return true;
        }

        @Override
        public void send(NodePublicKey destination, MemorySegment from, long offset, int length) {
          hub.deliver(
              self, destination, from.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE));
        }

        @Override
        public void sendFrames(MemorySegment from, long offset, int length) {
          DerpDecoder decoder = new DerpDecoder();
          MemorySegment.copy(from, ValueLayout.JAVA_BYTE, offset, decoder.buffer(), 0, length);
          decoder.filled(length);
          try {
            while (decoder.next()) {
              if (decoder.type() != DerpFrames.SEND_PACKET) {
                throw new AssertionError("frame of type " + decoder.type());
              }
              byte[] payload = decoder.payload();
              hub.deliver(
                  self,
                  NodePublicKey.of(Arrays.copyOf(payload, 32)),
                  Arrays.copyOfRange(payload, 32, payload.length));
            }
          } catch (DerpException e) {
            throw new AssertionError(e);
          }
        }
      };

  FakeRelays(Hub hub, NodePublicKey self, DerpInput input) {
    this.hub = hub;
    this.self = self;
    hub.inputs.put(self, input);
  }

  /** A map with that region, whose STUN server listens at a port of 127.0.0.1; -1 for none. */
  static DerpMap map(int stunPort) {
    DerpNode node =
        new DerpNode("a", REGION, "127.0.0.1", "", "127.0.0.1", "", stunPort, false, 1, false);
    return DerpMap.of(
        Map.of(REGION, new DerpRegion(REGION, "fake", "Fake", false, false, List.of(node))));
  }

  @Override
  public void apply(DerpMap map) {}

  @Override
  public void home(int regionId) {
    home = regionId;
  }

  @Override
  public @Nullable Relay relay(int regionId) {
    return regionId == REGION ? relay : null;
  }

  @Override
  public void networkChanged() {
    // Memory does not lose connections.
  }

  @Override
  public Optional<Duration> measure(DerpRegion region, Duration timeout) {
    return Optional.of(Duration.ofMillis(1));
  }

  @Override
  public void close() {
    hub.inputs.remove(self);
  }
}
