import org.jspecify.annotations.NullMarked;

/** Dialling out: bypass mark, extra certificate authorities, TLS. */
@NullMarked
module org.tailjar.transport {
  requires transitive static org.jspecify;
  requires transitive org.tailjar.linux;

// exports org.tailjar.transport;
}
