package org.tailjar.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.tailjar.tailnet.StartFailure;

class StartMessagesTests {
  static Stream<Arguments> failures() {
    var path = Path.of("/x/y");
    return Stream.of(
        Arguments.of(
            new StartFailure.StateDirectoryNotWritable(path, "read-only"), "TAILSCALE_STATE_DIR"),
        Arguments.of(new StartFailure.StateUnreadable(path, "bad checksum"), "/x/y"),
        Arguments.of(new StartFailure.NoTunDevice("No such file"), "devices: [/dev/net/tun]"),
        Arguments.of(new StartFailure.NoNetAdmin(), "cap_add: [NET_ADMIN]"),
        Arguments.of(new StartFailure.InterfaceBusy("ts0"), "TAILSCALE_INTERFACE"),
        Arguments.of(new StartFailure.CaFileUnusable(path, "empty"), "TAILSCALE_CA_FILE"),
        Arguments.of(new StartFailure.NoSocket("Operation not permitted"), "UDP socket"),
        Arguments.of(new StartFailure.KeyMissing(), "TAILSCALE_KEY"),
        Arguments.of(new StartFailure.KeyUnreadable("/x/y is empty"), "TAILSCALE_KEY_FILE"),
        Arguments.of(new StartFailure.KeyRejected("authkey expired"), "authkey expired"));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void aFailureIsOneLineWithWhatToDo(StartFailure failure, String hint) {
    assertThat(StartMessages.of(failure)).contains(hint).doesNotContain("\n");
  }
}
