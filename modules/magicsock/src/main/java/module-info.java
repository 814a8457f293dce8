import org.jspecify.annotations.NullMarked;

/** Paths to peers: UDP sockets, STUN, DISCO, and the choice between direct and relay. */
@NullMarked
module org.tailjar.magicsock {
  requires transitive static org.jspecify;
  requires transitive org.tailjar.derp;
  requires transitive org.tailjar.packet;
  requires transitive org.tailjar.linux;
  requires transitive org.tailjar.crypto;

  exports org.tailjar.magicsock;
}
