package org.tailjar.tailnet;

import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.tailjar.headscale.DerpMapWire;

/**
 * A node of a tailnet: one identity, one packet device, one connection to the server. Every method
 * may be called from any thread.
 */
public interface TailnetNode extends AutoCloseable {
  /**
   * Opens the state and the packet device and starts to connect. Returns without waiting for the
   * server: one that cannot be reached is tried for ever.
   *
   * @throws StartException if the node can never start as it is configured
   * @throws IllegalStateException if it was started or closed before
   */
  void start();

  /**
   * Completes when the node found, after {@link #start()} returned and before it was first up, that
   * it can never come up: the server refused the auth key. Completes in no other case, and never
   * after the node was up once.
   */
  CompletionStage<StartFailure> failed();

  /** The node at this moment. */
  NodeStatus status();

  /** The relays of the tailnet as the server describes them; empty before a network map. */
  Optional<DerpMapWire> relays();

  /**
   * Whether it has an address and a network map: packets can flow. A server that is away changes
   * nothing.
   */
  boolean ready();

  /** Whether its threads run and its loops turn. */
  boolean live();

  /**
   * Sends a DISCO ping to the peer that has the address.
   *
   * @param timeout how long to wait for the answer
   */
  PingResult ping(InetAddress address, Duration timeout) throws InterruptedException;

  /**
   * Gives up the registration: the server expires this node, which then needs an auth key again.
   * The process goes on.
   *
   * @throws IOException if the server did not confirm in time
   */
  void logout(Duration timeout) throws IOException, InterruptedException;

  /**
   * Stops the node and takes back all that it changed in the system: interface, routes, rules. Logs
   * out first where {@link NodeConfig#logsOutOnClose()} says so. Returns within 4 s. A second call
   * does nothing.
   */
  @Override
  void close();
}
