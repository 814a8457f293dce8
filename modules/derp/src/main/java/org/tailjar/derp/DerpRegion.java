package org.tailjar.derp;

import java.util.List;

/**
 * A place with one or more DERP servers that know the same clients.
 *
 * @param id number of the region
 * @param code short name, such as {@code fra}
 * @param name name for people
 * @param avoid whether it is not to become anybody's home by choice
 * @param noMeasureNoHome whether it is neither measured nor anybody's home
 * @param nodes in the order in which they are tried
 */
public record DerpRegion(
    int id,
    String code,
    String name,
    boolean avoid,
    boolean noMeasureNoHome,
    List<DerpNode> nodes) {

  /** Copies the nodes. */
  public DerpRegion {
    nodes = List.copyOf(nodes);
  }
}
