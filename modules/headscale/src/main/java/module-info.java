import org.jspecify.annotations.NullMarked;

/** The control protocol: from a server URL to an immutable network map. */
@NullMarked
module org.tailjar.headscale {
  requires transitive static org.jspecify;
  requires transitive org.tailjar.transport;
  requires transitive org.tailjar.crypto;
  requires io.netty.codec.http2;
  requires io.avaje.jsonb;

// exports org.tailjar.headscale;
}
