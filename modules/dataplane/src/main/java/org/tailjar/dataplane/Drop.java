package org.tailjar.dataplane;

/** Why a packet went no further. */
public enum Drop {
  /** Out: not a complete IP packet, or headers that contradict what the device says of them. */
  OUT_MALFORMED,
  /** Out: the filter lets no such packet out (multicast, link-local). */
  OUT_FILTERED,
  /** Out: no peer has the destination address. */
  OUT_NO_PEER,
  /** Out: there is no way to the peer at present. */
  OUT_NO_ROUTE,
  /** Out: too many packets wait for handshakes, of the peer or of all; the oldest went. */
  OUT_STAGING_FULL,
  /** Out: the peer's handshake came to nothing, or the peer was removed. */
  OUT_NO_SESSION,
  /** Out: longer than the device's MTU. */
  OUT_TOO_LONG,
  /** In: not a WireGuard message, or not one of a session that there is. */
  IN_UNKNOWN,
  /** In: forged, replayed, or sealed with a key that is too old. */
  IN_NOT_AUTHENTIC,
  /** In: sealed by the peer, but not a complete IP packet. */
  IN_MALFORMED,
  /** In: the source address is not one of the peer's. */
  IN_WRONG_SOURCE,
  /** In: no rule of the filter lets it in. */
  IN_FILTERED
}
