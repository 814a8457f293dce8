package org.tailjar.dataplane;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * Exceptions that should not be, of one thread: a packet or a piece of work is lost, the tunnel of
 * all peers goes on. The first one is logged, since each packet could bring another.
 */
final class Faults {

  private static final Logger log = System.getLogger("org.tailjar.dataplane");

  private boolean logged;

  void report(RuntimeException e) {
    if (!logged) {
      logged = true;
      log.log(Level.ERROR, "a fault in the packet path; what it was about is dropped", e);
    }
  }
}
