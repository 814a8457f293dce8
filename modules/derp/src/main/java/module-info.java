import org.jspecify.annotations.NullMarked;

/** The DERP relay client. */
@NullMarked
module org.tailjar.derp {
  requires transitive static org.jspecify;
  requires transitive org.tailjar.transport;
  requires transitive org.tailjar.crypto;

// exports org.tailjar.derp;
}
