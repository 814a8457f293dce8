package org.tailjar.linux;

/**
 * What a {@link UdpSocket} uses of the kernel's offloads, where the kernel has them (udp(7)).
 *
 * @param segmentation several datagrams of equal length in one send (UDP_SEGMENT, Linux 4.18)
 * @param receive several datagrams of one sender in one receive (UDP_GRO, Linux 5.0)
 */
public record UdpOffloads(boolean segmentation, boolean receive) {

  /** Both. */
  public static final UdpOffloads ALL = new UdpOffloads(true, true);

  /** One datagram in a call. */
  public static final UdpOffloads NONE = new UdpOffloads(false, false);
}
