package org.tailjar.launcher;

import java.util.List;
import org.tailjar.tailnet.DeviceKind;

/** The daemon around a fake node, as a process of its own: for what only a process can show. */
final class DaemonProgram {
  private DaemonProgram() {}

  public static void main(String... arguments) {
    var node = new FakeNode();
    node.hangs = List.of(arguments).contains("hang");
    System.exit(new Daemon(System.getenv(), config -> node, DeviceKind.MEMORY).run());
  }
}
