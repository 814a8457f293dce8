package org.tailjar.tun;

/**
 * How to make a TUN device.
 *
 * @param device the device file of the kernel
 * @param name name of the interface, such as {@code tailscale0}
 * @param mtu largest IP packet in bytes
 * @param tcpOffload whether TCP super-packets may be read and written, where the kernel has them
 * @param udpOffload whether UDP super-packets may be, where the kernel has them; only with TCP
 * @param queues how many threads may read at once, each the flows that the kernel gives it; one
 *     where the kernel has no such interfaces
 */
public record TunConfig(
    String device, String name, int mtu, boolean tcpOffload, boolean udpOffload, int queues) {

  private static final int MIN_MTU = 576;
  private static final int MAX_MTU = 65_520;
  private static final int MAX_QUEUES = 64;

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException when the MTU is not between 576 and 65520, or the number of
   *     queues not between 1 and 64
   */
  public TunConfig {
    if (mtu < MIN_MTU || mtu > MAX_MTU) {
      throw new IllegalArgumentException(
          "an MTU of " + mtu + " is not between " + MIN_MTU + " and " + MAX_MTU);
    }
    if (queues < 1 || queues > MAX_QUEUES) {
      throw new IllegalArgumentException(queues + " queues are not between 1 and " + MAX_QUEUES);
    }
  }

  /** A device with all the offloads that the kernel has, and one queue. */
  public static TunConfig of(String name, int mtu) {
    return new TunConfig("/dev/net/tun", name, mtu, true, true, 1);
  }

  /** The same, one packet per read and write. */
  public TunConfig withoutOffloads() {
    return without(true, true);
  }

  /**
   * The same without some offloads.
   *
   * @param tcp true for one packet per read and write, whatever is in it
   * @param udp true for one packet per read and write of UDP
   */
  public TunConfig without(boolean tcp, boolean udp) {
    return new TunConfig(device, name, mtu, tcpOffload && !tcp, udpOffload && !tcp && !udp, queues);
  }

  /** The same with so many queues. */
  public TunConfig withQueues(int number) {
    return new TunConfig(device, name, mtu, tcpOffload, udpOffload, number);
  }
}
