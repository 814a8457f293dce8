import org.jspecify.annotations.NullMarked;

/**
 * Dialling out: TCP and TLS connections that bypass the tunnel.
 *
 * <p>{@link org.tailjar.transport.Dialer} resolves a {@link org.tailjar.transport.Destination},
 * races its addresses, marks every socket before it connects, adds private certificate authorities
 * to the JDK's and hands out a {@link org.tailjar.transport.Connection} with blocking streams,
 * meant for virtual threads. Which connections go through an HTTP proxy {@link
 * org.tailjar.transport.ProxyRules} say. It knows no protocol above TLS but a proxy's CONNECT.
 */
@NullMarked
module org.tailjar.transport {
  requires transitive static org.jspecify;
  requires transitive org.tailjar.linux;

  exports org.tailjar.transport;
}
