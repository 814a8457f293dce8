package org.tailjar.fuzz;

import java.util.List;

/**
 * A parser under test. The targets of a module lie in that module's package, since most parsers are
 * nobody else's business.
 *
 * @param name what {@code scripts/fuzz} calls it
 * @param seeds good inputs to begin with
 * @param check tries one input
 */
public record FuzzTarget(String name, Seeds seeds, Check check) {

  /** Makes the inputs to begin with; real messages where some were recorded. */
  @FunctionalInterface
  public interface Seeds {
    /** The inputs. */
    List<byte[]> get() throws Exception;
  }

  /** Tries inputs. */
  @FunctionalInterface
  public interface Check {
    /** Throws if the parser does what it must not: any exception that it does not promise. */
    void accept(byte[] input) throws Exception;
  }
}
