import org.jspecify.annotations.NullMarked;

/**
 * An assembler for x86-64 with AVX-512, as far as ciphers need it: from methods named as the
 * instructions to machine code as bytes. It neither runs the code nor needs such a processor.
 */
@NullMarked
module org.tailjar.assembler {
  requires transitive static org.jspecify;

  exports org.tailjar.assembler;
}
