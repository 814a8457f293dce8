import org.jspecify.annotations.NullMarked;

/**
 * The TUN device with its offloads ({@code TunDevice}), and its addresses, routes and rules ({@code
 * Router}), all by system calls: no other program is run.
 */
@NullMarked
module org.tailjar.tun {
  requires transitive static org.jspecify;
  requires transitive org.tailjar.packet;
  requires transitive org.tailjar.linux;

  exports org.tailjar.tun;
}
