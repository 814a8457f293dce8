import org.jspecify.annotations.NullMarked;

/**
 * The WireGuard protocol with no I/O and no clock of its own: messages and times go in, messages
 * and a deadline come out. Handshakes in both roles, cookies, sessions with their counters and
 * replay windows, the timers, and allowed IPs; the names are those of the WireGuard paper. It is of
 * use alone, to any program that has sockets of its own.
 */
@NullMarked
module org.tailjar.wireguard {
  requires transitive static org.jspecify;
  requires transitive org.tailjar.packet;
  requires transitive org.tailjar.crypto;

  exports org.tailjar.wireguard;
}
