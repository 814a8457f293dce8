import org.jspecify.annotations.NullMarked;

/** The container entry point and the tailjar command. */
@NullMarked
module org.tailjar.launcher {
  requires transitive static org.jspecify;
  requires transitive org.tailjar.tailnet;
  requires info.picocli;

// exports org.tailjar.launcher;
}
