package org.tailjar.launcher;

import org.tailjar.tailnet.DeviceKind;

/** The daemon around a fake node, as a process of its own: for what only a process can show. */
final class DaemonProgram {
  private DaemonProgram() {}

  public static void main(String... arguments) {
    System.exit(new Daemon(System.getenv(), config -> new FakeNode(), DeviceKind.MEMORY).run());
  }
}
