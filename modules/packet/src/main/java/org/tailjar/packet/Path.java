package org.tailjar.packet;

/**
 * One way to one peer, or to an address whose peer is not known yet. Paths are interned by the
 * module that owns the sockets, so two paths are the same path exactly when they are the same
 * object.
 */
public interface Path {

  /** Bytes that {@link Batch} keeps free ahead of each packet, for the framing of this path. */
  int headroom();

  /**
   * Who sends by this path, as far as that can be told before a message is opened: limits on
   * handshakes go by it, and WireGuard's cookies are made for it (WireGuard paper 5.4.7).
   *
   * @return for UDP the address, 4 or 16 bytes in network order, and the port, 2 bytes in network
   *     order; for a relay the sender's 32-byte key; empty when it is not known. The caller leaves
   *     the array as it is
   */
  default byte[] source() {
    return new byte[0];
  }
}
