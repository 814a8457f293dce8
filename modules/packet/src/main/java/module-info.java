import org.jspecify.annotations.NullMarked;

/** Off-heap packet buffers, batches, IP headers, checksums, segmentation and coalescing. */
@NullMarked
module org.tailjar.packet {
  requires transitive static org.jspecify;

  exports org.tailjar.packet;
}
