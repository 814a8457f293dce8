import org.jspecify.annotations.NullMarked;

/** The WireGuard protocol with no I/O and no clock of its own. */
@NullMarked
module org.tailjar.wireguard {
  requires transitive static org.jspecify;
  requires transitive org.tailjar.packet;
  requires transitive org.tailjar.crypto;

  exports org.tailjar.wireguard;
}
