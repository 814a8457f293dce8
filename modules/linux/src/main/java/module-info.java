import org.jspecify.annotations.NullMarked;

/** The Linux system calls that the JDK lacks, through JNA. */
@NullMarked
module org.tailjar.linux {
  requires transitive static org.jspecify;
  requires transitive org.tailjar.packet;
  requires com.sun.jna;

// exports org.tailjar.linux;
}
