package org.tailjar.assembler;

/** The general registers, 64 bits each, in the order of their numbers. */
public enum Register {
  /** Accumulator; takes results. Functions may change it. */
  RAX,
  /** Fourth argument of a function, which may change it. */
  RCX,
  /** Third argument of a function, which may change it. */
  RDX,
  /** Functions keep it. */
  RBX,
  /** Stack pointer. */
  RSP,
  /** Functions keep it. */
  RBP,
  /** Second argument of a function, which may change it. */
  RSI,
  /** First argument of a function, which may change it. */
  RDI,
  /** Fifth argument of a function, which may change it. */
  R8,
  /** Sixth argument of a function, which may change it. */
  R9,
  /** Functions may change it. */
  R10,
  /** Functions may change it. */
  R11,
  /** Functions keep it. */
  R12,
  /** Functions keep it. */
  R13,
  /** Functions keep it. */
  R14,
  /** Functions keep it. */
  R15;

  int number() {
    return ordinal();
  }
}
