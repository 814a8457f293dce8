package org.tailjar.magicsock;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.tailjar.fuzz.Input;

/** What a peer and the server can make the state of a path do; it must not grow by it. */
final class PathsTarget {

  private PathsTarget() {}

  static List<byte[]> seeds() {
    byte[] calls = new byte[400];
    for (int i = 0; i < calls.length; i++) {
      calls[i] = (byte) (i % 4 == 0 ? i / 4 % 9 : 37 * i);
    }
    return List.of(
        calls, new byte[] {0, 0, 1, 3, 6, 0, 0, 0, 1, 0, 5, 0, 2, 0, 0, 0, 3, 0, 9, 4, 7, 1, 0, 0});
  }

  /** Four bytes for each event: which, at or after what, and two more. */
  static void run(byte[] bytes) {
    List<TransactionId> ids = new ArrayList<>();
    PeerPaths paths =
        new PeerPaths(
            new Random(1),
            new PeerPaths.Actions() {
              @Override
              public void ping(InetSocketAddress to, TransactionId id) {
                ids.add(id);
              }

              @Override
              public void callMeMaybe() {}
            });
    Input input = new Input(bytes);
    long now = 1_000_000_000_000L;
    long lastSend = Times.NEVER;
    while (!input.isEmpty()) {
      int event = input.unsignedByte() % 9;
      InetSocketAddress address = address(input.unsignedByte());
      int value = input.unsignedShort();
      now += value * 1000L;
      switch (event) {
        case 0 -> paths.map(addresses(value), (value & 1) != 0, now);
        case 1 -> paths.pinged(address, TransactionId.random(new Random(value)), now);
        case 2 -> paths.confirmed(address, now);
        case 3 -> {
          if (!ids.isEmpty()) {
            paths.pong(ids.get(value % ids.size()), now);
          }
        }
        case 4 -> paths.callMeMaybe(addresses(value), now);
        case 5 -> paths.sendFailed(address, now);
        case 6 -> {
          lastSend = now;
          paths.sending(now);
        }
        case 7 -> paths.advance(now, lastSend);
        default -> now += value * 1_000_000L;
      }
      if (paths.size() > PeerPaths.MAX_CANDIDATES + PeerPaths.MAX_PINGS) {
        throw new AssertionError("it grows: " + paths.size());
      }
      if (ids.size() > 10_000) {
        ids.clear();
      }
    }
  }

  private static InetSocketAddress address(int number) {
    return WireAddress.of(
        new byte[] {10, 0, (byte) (number >> 4), (byte) number}, 1 + (number & 0x7fff));
  }

  private static List<InetSocketAddress> addresses(int value) {
    List<InetSocketAddress> addresses = new ArrayList<>();
    for (int i = 0; i < (value & 127); i++) {
      addresses.add(address(value + i));
    }
    return addresses;
  }
}
