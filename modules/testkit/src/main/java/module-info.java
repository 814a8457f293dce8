import org.jspecify.annotations.NullMarked;

/**
 * A tailnet in one process, on loopback, for tests, training runs and demonstrations.
 *
 * <p>{@link org.tailjar.testkit.TestTailnet} starts a {@link org.tailjar.testkit.ControlServer} and
 * a {@link org.tailjar.testkit.DerpServer} on one HTTP port, as Headscale does, and a {@link
 * org.tailjar.testkit.StunServer} beside them. They speak to the programs of the real world, and
 * send what Headscale 0.29 sends: nothing is stored, and everybody may talk to everybody until
 * {@linkplain org.tailjar.testkit.ControlServer#filter rules} say otherwise.
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
