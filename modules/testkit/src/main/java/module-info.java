import org.jspecify.annotations.NullMarked;

/** An in-process control server, DERP server and STUN server for tests. */
@NullMarked
module org.tailjar.testkit {
  requires transitive static org.jspecify;
  requires transitive org.tailjar.headscale;
  requires transitive org.tailjar.derp;

// exports org.tailjar.testkit;
}
