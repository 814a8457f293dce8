package org.tailjar.assembler;

import org.jspecify.annotations.Nullable;

/**
 * A place in memory: base plus index plus displacement.
 *
 * @param index null for none
 * @param displacement in bytes
 */
public record Memory(Register base, @Nullable Register index, int displacement) {

  /** Checks the index. */
  public Memory {
    if (index == Register.RSP) {
      throw new IllegalArgumentException("rsp is no index");
    }
  }

  /** Where a register points to, and some bytes further. */
  public static Memory at(Register base, int displacement) {
    return new Memory(base, null, displacement);
  }

  /** The sum of two registers. */
  public static Memory at(Register base, Register index) {
    return new Memory(base, index, 0);
  }
}
