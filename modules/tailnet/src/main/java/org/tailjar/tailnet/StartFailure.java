package org.tailjar.tailnet;

import java.nio.file.Path;

/** Why a node cannot start at all: each is for the user to mend, none goes away by trying again. */
public sealed interface StartFailure {
  /** The state directory cannot be made or written; {@code reason} is the system's own text. */
  record StateDirectoryNotWritable(Path directory, String reason) implements StartFailure {}

  /** Another process holds the state directory. */
  record StateDirectoryInUse(Path directory) implements StartFailure {}

  /** The state cannot be understood; it is left as it is. */
  record StateUnreadable(Path file, String reason) implements StartFailure {}

  /** {@code /dev/net/tun} is absent or cannot be opened. */
  record NoTunDevice(String reason) implements StartFailure {}

  /** The process lacks CAP_NET_ADMIN. */
  record NoNetAdmin() implements StartFailure {}

  /** A TUN interface of that name is held by another process. */
  record InterfaceBusy(String interfaceName) implements StartFailure {}

  /** The file of certificate authorities cannot be read or holds none. */
  record CaFileUnusable(Path file, String reason) implements StartFailure {}

  /** The state holds no node and no auth key was given. */
  record KeyMissing() implements StartFailure {}

  /** The file that should hold the auth key cannot be read. */
  record KeyUnreadable(String reason) implements StartFailure {}

  /**
   * The server said that the auth key is invalid, expired or already used; {@code reason} is its
   * text.
   */
  record KeyRejected(String reason) implements StartFailure {}

  /** The system gives this process no UDP socket; {@code reason} is the system's own text. */
  record NoSocket(String reason) implements StartFailure {}
}
