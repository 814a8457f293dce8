package org.tailjar.tailnet;

/** How many threads move packets, each with a queue of its own. */
final class PacketThreads {

  /** System property with the number of threads each way, instead of the one for this machine. */
  static final String QUEUES = "tailjar.queues";

  /** Few peers take more than so many threads send. */
  private static final int MOST = 4;

  private static final int MOST_THAT_CAN_BE_ASKED_FOR = 16;

  private PacketThreads() {}

  /** How many are to send, and as many to receive. */
  static int eachWay() {
    int wanted = Integer.getInteger(QUEUES, eachWay(Runtime.getRuntime().availableProcessors()));
    return Math.clamp(wanted, 1, MOST_THAT_CAN_BE_ASKED_FOR);
  }

  /** Half of the processors; the programs whose packets these are need theirs as well. */
  static int eachWay(int processors) {
    return Math.clamp(processors / 2, 1, MOST);
  }
}
