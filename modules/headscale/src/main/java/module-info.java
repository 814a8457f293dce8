import org.jspecify.annotations.NullMarked;

/**
 * The control protocol: from a server URL to an immutable network map.
 *
 * <p>{@link org.tailjar.headscale.ControlClient} speaks ts2021 with a Headscale: it fetches the
 * server's key, upgrades an HTTP connection to Noise, runs HTTP/2 inside it, registers the node and
 * follows the map stream. Everything that is not I/O is a class of its own that takes bytes and
 * returns bytes: {@link org.tailjar.headscale.NoiseHandshake}, {@link
 * org.tailjar.headscale.NoiseReceiver}, {@link org.tailjar.headscale.EarlyPayload}, {@link
 * org.tailjar.headscale.NetworkMap}. The records named as on the wire are the protocol's JSON.
 *
 * @provides io.avaje.jsonb.spi.JsonbExtension the adapters of the wire records, generated when they
 *     are compiled
 */
@NullMarked
module org.tailjar.headscale {
  requires transitive static org.jspecify;
  requires transitive org.tailjar.transport;
  requires transitive org.tailjar.crypto;
  requires io.netty.buffer;
  requires io.netty.codec;
  requires io.netty.codec.http;
  requires io.netty.codec.http2;
  requires io.netty.common;
  requires io.netty.transport;
  requires transitive io.avaje.jsonb;

  exports org.tailjar.headscale;

  provides io.avaje.jsonb.spi.JsonbExtension with
      org.tailjar.headscale.jsonb.GeneratedJsonComponent;
}
