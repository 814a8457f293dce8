package org.tailjar.magicsock;

import java.util.Optional;
import org.tailjar.crypto.DiscoPrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.derp.DerpInput;
import org.tailjar.derp.DerpListener;
import org.tailjar.derp.Relays;
import org.tailjar.linux.UdpOffloads;

/**
 * What a {@link Magicsock} is made with.
 *
 * @param port the wanted UDP port, 0 for any; another is used when it is taken
 * @param mark firewall mark that keeps what is sent out of the tunnel; 0 for none
 * @param offloads those that the UDP sockets may use, where the kernel has them
 * @param tunnelInterface name of the interface whose addresses are not told to peers
 * @param nodeKey this node's public key
 * @param discoKey this node's DISCO key, the one that the server is told of
 * @param formerDiscoKey the one that peers know whom the server has not yet told of the other
 * @param relays makes the connections to relays
 * @param queues how many threads are to receive
 */
public record MagicsockConfig(
    int port,
    int mark,
    UdpOffloads offloads,
    String tunnelInterface,
    NodePublicKey nodeKey,
    DiscoPrivateKey discoKey,
    Optional<DiscoPrivateKey> formerDiscoKey,
    RelayFactory relays,
    int queues) {

  /** With one queue, see {@link Paths#queues}. */
  public MagicsockConfig(
      int port,
      int mark,
      UdpOffloads offloads,
      String tunnelInterface,
      NodePublicKey nodeKey,
      DiscoPrivateKey discoKey,
      Optional<DiscoPrivateKey> formerDiscoKey,
      RelayFactory relays) {
    this(port, mark, offloads, tunnelInterface, nodeKey, discoKey, formerDiscoKey, relays, 1);
  }

  /**
   * The same with another number of queues.
   *
   * @param count how many threads are to receive; one does where the kernel cannot share out
   */
  public MagicsockConfig withQueues(int count) {
    return new MagicsockConfig(
        port, mark, offloads, tunnelInterface, nodeKey, discoKey, formerDiscoKey, relays, count);
  }

  /** The usual UDP port of such nodes. */
  public static final int DEFAULT_PORT = 41641;

  /** The mark that keeps packets out of the tunnel's routing table. */
  public static final int BYPASS_MARK = 0x80000;

  /** Makes the connections to relays, for instance {@code DerpConnections}. */
  @FunctionalInterface
  public interface RelayFactory {
    /**
     * Connections that put what they receive into {@code input} and tell {@code listener} of
     * themselves.
     */
    Relays create(DerpInput input, DerpListener listener);
  }
}
