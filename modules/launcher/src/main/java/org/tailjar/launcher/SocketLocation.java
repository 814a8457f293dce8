package org.tailjar.launcher;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.tailjar.tailnet.StateLocation;

/**
 * Where the LocalAPI's socket may be.
 *
 * @param preferred the first choice
 * @param fallback used when the directory of the first cannot be written
 */
record SocketLocation(Path preferred, Path fallback) {
  /** Where programs for the incumbent look. */
  static final String DEFAULT = "/var/run/tailscale/tailscaled.sock";

  /** The file name of the fallback. */
  private static final String NAME = "tailscaled.sock";

  /** A location whose fallback is in the state directory, or in {@code /tmp} when there is none. */
  static SocketLocation of(Path preferred, StateLocation state) {
    var directory =
        switch (state) {
          case StateLocation.Directory(Path path) -> path;
          case StateLocation.Memory() -> Path.of("/tmp");
        };
    return new SocketLocation(preferred, directory.resolve(NAME));
  }

  /**
   * Reads no more of the environment than a client needs, and complains of nothing: a client must
   * find the socket of a node even when the client's own environment is incomplete.
   */
  static SocketLocation from(Map<String, String> environment) {
    var socket = first(environment, DEFAULT, "TAILSCALE_SOCKET", "TS_SOCKET");
    var state =
        first(
            environment, ConfigurationReader.DEFAULT_STATE, "TAILSCALE_STATE_DIR", "TS_STATE_DIR");
    return of(
        Path.of(socket),
        state.equals(ConfigurationReader.MEMORY_STATE)
            ? new StateLocation.Memory()
            : new StateLocation.Directory(Path.of(state)));
  }

  /** Both, in the order in which they are tried. */
  List<Path> candidates() {
    return preferred.equals(fallback) ? List.of(preferred) : List.of(preferred, fallback);
  }

  private static String first(Map<String, String> environment, String otherwise, String... names) {
    for (var name : names) {
      var value = environment.getOrDefault(name, "").strip();
      if (!value.isEmpty()) {
        return value;
      }
    }
    return otherwise;
  }
}
