import org.jspecify.annotations.NullMarked;

/** The packet filter that the network map prescribes. */
@NullMarked
module org.tailjar.filter {
  requires transitive static org.jspecify;
  requires transitive org.tailjar.packet;

// exports org.tailjar.filter;
}
