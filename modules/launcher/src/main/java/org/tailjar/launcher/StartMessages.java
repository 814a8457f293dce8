package org.tailjar.launcher;

import java.nio.file.Path;
import org.tailjar.tailnet.StartFailure;

/** What a user is told when the node cannot start: one line, with what to do about it. */
final class StartMessages {
  private StartMessages() {}

  /**
   * The line.
   *
   * @param configuration what the user asked for, under the names that the user gave
   */
  static String of(StartFailure failure, Configuration configuration) {
    return switch (failure) {
      case StartFailure.StateDirectoryNotWritable(var directory, var reason) ->
          "the state directory %s cannot be written (%s): mount a writable volume there or set %s"
              .formatted(directory, reason, configuration.nameOf("TAILSCALE_STATE_DIR"));
      case StartFailure.StateDirectoryInUse(var directory) ->
          "the state directory %s is in use by another tailjar: stop that one or set %s"
              .formatted(directory, configuration.nameOf("TAILSCALE_STATE_DIR"));
      case StartFailure.StateUnreadable(var file, var reason) ->
          "the state in %s cannot be read (%s): restore it, or remove it to join as a new node"
              .formatted(file, reason);
      case StartFailure.NoTunDevice(var reason) ->
          "/dev/net/tun cannot be opened (%s): give the container the device, for Docker with devices: [/dev/net/tun]"
              .formatted(reason);
      case StartFailure.NoNetAdmin() ->
          "the capability NET_ADMIN is missing: give it to the container, for Docker with cap_add:"
              + " [NET_ADMIN]";
      case StartFailure.InterfaceBusy(var name) ->
          "the interface %s is there already and another's: remove it, or set TAILSCALE_INTERFACE to another name"
              .formatted(name);
      case StartFailure.CaFileUnusable(var file, var reason) ->
          "%s=\"%s\" cannot be used (%s): give a file of certificates in PEM"
              .formatted(configuration.nameOf("TAILSCALE_CA_FILE"), file, reason);
      case StartFailure.NoSocket(var reason) -> "no UDP socket can be opened: " + reason;
      case StartFailure.KeyMissing() ->
          "the state holds no node and no auth key is set: set TAILSCALE_KEY or TAILSCALE_KEY_FILE"
              + " (headscale preauthkeys create makes one)";
      case StartFailure.KeyUnreadable(var reason) ->
          "%s cannot be used (%s): give a file that holds one auth key"
              .formatted(keySetting(configuration), reason);
      case StartFailure.KeyRejected(var reason) ->
          "the server refused the auth key in %s (%s): set a new one there"
              .formatted(configuration.nameOf("TAILSCALE_KEY"), reason.strip());
    };
  }

  /** Where the auth key comes from: the name, and the value only when that is a file's name. */
  private static String keySetting(Configuration configuration) {
    var name = configuration.nameOf("TAILSCALE_KEY");
    if (!(configuration.authKey() instanceof KeyFile(Path path))) {
      return name;
    }
    return "%s=\"%s%s\"".formatted(name, name.equals("TAILSCALE_KEY_FILE") ? "" : "file:", path);
  }
}
