package org.tailjar.packet;

/**
 * One way to one peer, or to an address whose peer is not known yet. Paths are interned by the
 * module that owns the sockets, so two paths are the same path exactly when they are the same
 * object.
 */
public interface Path {

  /** Bytes that {@link Batch} keeps free ahead of each packet, for the framing of this path. */
  int headroom();
}
