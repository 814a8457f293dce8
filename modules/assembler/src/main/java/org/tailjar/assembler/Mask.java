package org.tailjar.assembler;

/**
 * A mask register, a bit for each element of a vector. That of number 0 stands for "no mask" in
 * instructions and is not offered.
 *
 * @param number 1 to 7
 */
public record Mask(int number) {

  /** Checks the number. */
  public Mask {
    if (number < 1 || number > 7) {
      throw new IllegalArgumentException("no mask k" + number);
    }
  }
}
