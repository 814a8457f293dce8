package org.tailjar.assembler;

/**
 * A vector register of 512 bits. Functions may change all of them.
 *
 * @param number 0 to 31
 */
public record Zmm(int number) {

  /** Length in bytes. */
  public static final int BYTES = 64;

  /** Checks the number. */
  public Zmm {
    if (number < 0 || number > 31) {
      throw new IllegalArgumentException("no register zmm" + number);
    }
  }

  /** The register of this number, 0 to 31. */
  public static Zmm zmm(int number) {
    return new Zmm(number);
  }
}
