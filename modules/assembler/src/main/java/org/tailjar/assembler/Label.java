package org.tailjar.assembler;

import java.util.ArrayList;
import java.util.List;

/** A place in the code of one {@link Assembler}, to jump to. */
public final class Label {

  private static final int UNBOUND = -1;

  /** Offset in the code. */
  int target = UNBOUND;

  /** Offsets of jumps that wait for the target. */
  final List<Integer> waiting = new ArrayList<>();

  /** A label that is not bound yet. */
  public Label() {}

  boolean isBound() {
    return target != UNBOUND;
  }
}
