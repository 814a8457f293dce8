package org.tailjar.testkit.junit;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.tailjar.tailnet.DeviceKind;
import org.tailjar.testkit.TestTailnet;

/** A tailnet and the nodes that have joined it. Thread-safe. */
final class Members implements AutoCloseable {

  private final TestTailnet tailnet;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, TestNode> nodes = new LinkedHashMap<>();

  Members(TestTailnet tailnet) {
    this.tailnet = tailnet;
  }

  TestTailnet tailnet() {
    return tailnet;
  }

  /** The node of that name, which joins if it is not there yet. */
  TestNode node(String name, DeviceKind device, String... tags) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      TestNode known = nodes.get(name);
      if (known != null && known.isOpen()) {
        return known;
      }
      if (device == DeviceKind.TUN && nodes.values().stream().anyMatch(TestNode::isOnTun)) {
        throw new IllegalStateException(
            "another node of this tailnet has a TUN interface, and there can be only one");
      }
      TestNode node = TestNode.join(tailnet, name, device, tags);
      nodes.put(name, node);
      for (TestNode other : nodes.values()) {
        if (other != node && other.isOpen()) {
          node.awaitPeer(other);
          other.awaitPeer(node);
        }
      }
      return node;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    nodes.values().forEach(TestNode::close);
    tailnet.close();
  }
}
