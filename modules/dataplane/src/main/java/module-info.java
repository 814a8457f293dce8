import org.jspecify.annotations.NullMarked;

/**
 * The packet path between a packet device and the paths to peers: a thread for each direction, more
 * for what goes out where there are processors for them, super-packets and batches from end to end,
 * nothing allocated per packet. {@link org.tailjar.dataplane.DataPlane} runs on a TUN device and on
 * fake devices alike.
 */
@NullMarked
module org.tailjar.dataplane {
  requires transitive static org.jspecify;
  requires transitive org.tailjar.packet;
  requires transitive org.tailjar.wireguard;
  requires transitive org.tailjar.filter;
  requires transitive org.tailjar.magicsock;

  exports org.tailjar.dataplane;
}
