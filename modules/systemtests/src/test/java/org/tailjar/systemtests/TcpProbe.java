package org.tailjar.systemtests;

import java.util.Map;

/** Tries whether TCP connections come about: what a packet filter decides. */
final class TcpProbe {

  private TcpProbe() {}

  /**
   * Whether a listener on a port of one host hears from another, which connects to this address.
   */
  static boolean passes(Lab lab, String from, String to, String address, int port) {
    Process listener =
        lab.spawn(
            to,
            lab.file("listen.log"),
            Map.of(),
            "socat",
            "-u",
            "TCP4-LISTEN:" + port + ",reuseaddr",
            "-");
    try {
      lab.awaitListener(to, port);
      return lab.run(
                  from,
                  "sh",
                  "-c",
                  "echo x | socat -u - TCP4:" + address + ":" + port + ",connect-timeout=2")
              .status()
          == 0;
    } finally {
      listener.descendants().forEach(ProcessHandle::destroyForcibly);
      listener.destroyForcibly();
      Shell.await(listener);
    }
  }
}
