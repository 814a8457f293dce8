import org.jspecify.annotations.NullMarked;

/**
 * The DERP relay client.
 *
 * <p>{@link org.tailjar.derp.DerpFrames} and {@link org.tailjar.derp.DerpDecoder} are the wire
 * format, with no I/O of their own. {@link org.tailjar.derp.DerpClient} keeps one connection to one
 * region on virtual threads; {@link org.tailjar.derp.DerpConnections} holds the clients of all
 * regions in use: the home region always, others on demand. What the relays deliver goes to one
 * {@link org.tailjar.derp.DerpInput}, a bounded ring with a single consumer.
 */
@NullMarked
module org.tailjar.derp {
  requires transitive static org.jspecify;
  requires transitive org.tailjar.transport;
  requires transitive org.tailjar.crypto;

  exports org.tailjar.derp;
}
