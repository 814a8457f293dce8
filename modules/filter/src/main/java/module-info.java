import org.jspecify.annotations.NullMarked;

/**
 * The packet filter that the network map prescribes: which packets a peer may send here, by source,
 * destination, port and protocol, with the replies to what this node sent itself.
 */
@NullMarked
module org.tailjar.filter {
  requires transitive static org.jspecify;
  requires transitive org.tailjar.packet;

  exports org.tailjar.filter;
}
