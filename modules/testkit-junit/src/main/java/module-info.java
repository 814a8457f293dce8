import org.jspecify.annotations.NullMarked;

/**
 * A tailnet for a test by one annotation, {@link org.tailjar.testkit.junit.WithTailnet}: the three
 * servers of the testkit, and nodes that join them, as parameters of the test. A module of its own,
 * since the testkit itself serves the tests of what the nodes are made of, and runs without JUnit.
 */
@NullMarked
module org.tailjar.testkit.junit {
  requires transitive static org.jspecify;
  requires transitive org.tailjar.testkit;
  requires transitive org.tailjar.tailnet;
  requires transitive org.junit.jupiter.api;

  exports org.tailjar.testkit.junit;
}
