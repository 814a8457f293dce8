import org.jspecify.annotations.NullMarked;

/** The TUN device with its offloads, addresses, routes and rules. */
@NullMarked
module org.tailjar.tun {
  requires transitive static org.jspecify;
  requires transitive org.tailjar.packet;
  requires transitive org.tailjar.linux;

// exports org.tailjar.tun;
}
