import org.jspecify.annotations.NullMarked;

/** The node: everything below it, composed. */
@NullMarked
module org.tailjar.tailnet {
  requires transitive static org.jspecify;
  requires transitive org.tailjar.tun;
  requires transitive org.tailjar.dataplane;
  requires transitive org.tailjar.headscale;
  requires org.tailjar.dns;

  exports org.tailjar.tailnet;
}
