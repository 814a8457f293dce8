import org.jspecify.annotations.NullMarked;

/**
 * Paths to peers: UDP sockets, STUN, DISCO, and the choice between direct and relay.
 *
 * <p>{@link org.tailjar.magicsock.Paths} is what the packet path sees: receive a batch, send a
 * batch, ask for a route. {@link org.tailjar.magicsock.Magicsock} implements it for tailnets,
 * {@link org.tailjar.magicsock.StaticPaths} for plain WireGuard. The protocol parts have no I/O and
 * no clock: STUN, DISCO messages and boxes, the path state machine of a peer, the netcheck, the
 * choice of the home relay.
 */
@NullMarked
module org.tailjar.magicsock {
  requires transitive static org.jspecify;
  requires transitive org.tailjar.derp;
  requires transitive org.tailjar.packet;
  requires transitive org.tailjar.linux;
  requires transitive org.tailjar.crypto;

  exports org.tailjar.magicsock;
}
