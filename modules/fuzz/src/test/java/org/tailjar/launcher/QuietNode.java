package org.tailjar.launcher;

import java.net.InetAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.tailjar.headscale.DerpMapWire;
import org.tailjar.tailnet.NodeStatus;
import org.tailjar.tailnet.PingResult;
import org.tailjar.tailnet.StartFailure;
import org.tailjar.tailnet.TailnetNode;

/** A node that answers at once. */
final class QuietNode implements TailnetNode {

  @Override
  public void start() {}

  @Override
  public CompletionStage<StartFailure> failed() {
    return new CompletableFuture<>();
  }

  @Override
  public NodeStatus status() {
    return NodeStatus.initial(NodeStatus.State.NEEDS_LOGIN);
  }

  @Override
  public Optional<DerpMapWire> relays() {
    return Optional.empty();
  }

  @Override
  public boolean ready() {
    return true;
  }

  @Override
  public boolean live() {
    return true;
  }

  @Override
  public PingResult ping(InetAddress address, Duration timeout) {
    return new PingResult.NoSuchPeer(address);
  }

  @Override
  public void logout(Duration timeout) {}

  @Override
  public void close() {}
}
