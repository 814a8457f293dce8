package org.tailjar.tailnet;

/**
 * What the kernel can do for many packets at once. The node uses what there is, and works without
 * each of them, only more slowly.
 */
public enum Offload {
  /** Super-packets at the TUN interface, for TCP and all else (IFF_VNET_HDR, TUNSETOFFLOAD). */
  TUN,
  /** Super-packets of UDP at the TUN interface (TUN_F_USO4 and TUN_F_USO6); needs {@link #TUN}. */
  TUN_UDP,
  /** Several datagrams to a peer in one send (UDP_SEGMENT). */
  UDP_GSO,
  /** Several datagrams of a peer in one receive (UDP_GRO). */
  UDP_GRO
}
