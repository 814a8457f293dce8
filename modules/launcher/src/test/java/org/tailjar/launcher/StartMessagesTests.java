package org.tailjar.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
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
        Arguments.of(new StartFailure.KeyUnreadable("/x/y is empty"), "/x/y is empty"),
        Arguments.of(new StartFailure.KeyRejected("authkey expired"), "authkey expired"));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void aFailureIsOneLineWithWhatToDo(StartFailure failure, String hint) {
    assertThat(StartMessages.of(failure, TestConfiguration.withServer()))
        .contains(hint)
        .doesNotContain("\n");
  }

  @ParameterizedTest
  @CsvSource({
    "TAILSCALE_CA_FILE,  /nope,      'TAILSCALE_CA_FILE=\"/nope\" cannot be used (absent): give '",
    "SSL_CERT_FILE,      /nope,      'SSL_CERT_FILE=\"/nope\" cannot be used (absent): give '",
    "TAILSCALE_KEY_FILE, /nope,      'TAILSCALE_KEY_FILE=\"/nope\" cannot be used (absent): give '",
    "TAILSCALE_KEY,      file:/nope, 'TAILSCALE_KEY=\"file:/nope\" cannot be used (absent): give '",
    "TS_AUTHKEY,         file:/nope, 'TS_AUTHKEY=\"file:/nope\" cannot be used (absent): give '",
    "TS_AUTH_KEY,        file:/nope, 'TS_AUTH_KEY=\"file:/nope\" cannot be used (absent): give '",
    "TS_EXTRA_ARGS,      --auth-key=file:/nope, 'TS_EXTRA_ARGS --auth-key=\"file:/nope\" cannot'",
  })
  void aFileIsNamedByTheVariableThatTheUserSet(String variable, String value, String expected) {
    var configuration = TestConfiguration.with(Map.of(variable, value));
    var failure =
        configuration.caFile().isPresent()
            ? new StartFailure.CaFileUnusable(configuration.caFile().get(), "absent")
            : new StartFailure.KeyUnreadable("absent");
    assertThat(StartMessages.of(failure, configuration)).startsWith(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"TAILSCALE_KEY", "TS_AUTHKEY", "TS_AUTH_KEY"})
  void aRefusedKeyIsNamedAndNotShown(String variable) {
    var configuration = TestConfiguration.with(Map.of(variable, "hskey-auth-secret"));
    assertThat(StartMessages.of(new StartFailure.KeyRejected("expired"), configuration))
        .isEqualTo(
            "the server refused the auth key in " + variable + " (expired): set a new one there");
  }

  @Test
  void aStateDirectoryIsNamedByTheVariableThatTheUserSet() {
    var configuration = TestConfiguration.with(Map.of("TS_STATE_DIR", "/data"));
    var failure = new StartFailure.StateDirectoryNotWritable(Path.of("/data"), "read-only");
    assertThat(StartMessages.of(failure, configuration)).endsWith("or set TS_STATE_DIR");
  }
}
