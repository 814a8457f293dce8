package org.tailjar.launcher;

import org.tailjar.tailnet.NodeConfig;
import org.tailjar.tailnet.TailnetNode;

/** Makes the node that a {@link Daemon} runs. */
@FunctionalInterface
interface NodeOpener {
  /** A node that is not started. */
  TailnetNode open(NodeConfig config);
}
