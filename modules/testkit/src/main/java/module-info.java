import org.jspecify.annotations.NullMarked;

/**
 * A tailnet in one process, on loopback, for tests, training runs and demonstrations.
 *
 * <p>{@link org.tailjar.testkit.TestTailnet} starts a {@link org.tailjar.testkit.ControlServer} and
 * a {@link org.tailjar.testkit.DerpServer} on one HTTP port, as Headscale does, and a {@link
 * org.tailjar.testkit.StunServer} beside them. They speak to the programs of the real world: what
 * differs from a Headscale is that nothing is stored and that everybody may talk to everybody.
 */
@NullMarked
module org.tailjar.testkit {
  requires transitive static org.jspecify;
  requires transitive org.tailjar.headscale;
  requires transitive org.tailjar.derp;
  requires io.netty.buffer;
  requires io.netty.codec;
  requires io.netty.codec.http;
  requires io.netty.codec.http2;
  requires io.netty.common;
  requires io.netty.transport;

  exports org.tailjar.testkit;
}
