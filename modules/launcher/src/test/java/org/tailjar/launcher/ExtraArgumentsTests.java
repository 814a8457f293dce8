package org.tailjar.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExtraArgumentsTests {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--hostname=a              | hostname            | a",
        "--hostname a              | hostname            | a",
        "-hostname=a               | hostname            | a",
        "--ssh --hostname   a      | hostname            | a",
        "--accept-dns --hostname a | accept-dns          | true",
        "--accept-dns=false        | accept-dns          | false",
        "--advertise-exit-node     | advertise-exit-node | true",
        "--exit-node x --qr        | exit-node           | x",
        "--operator me --hostname a| hostname            | a",
        "--authkey k               | auth-key            | k",
        "--auth-key=k=             | auth-key            | k=",
        "--hostname=a --hostname=b | hostname            | b",
      })
  void aFlagHasAValue(String text, String flag, String value) {
    assertThat(ExtraArguments.parse(text).value(flag)).contains(value);
  }

  @Test
  void anAbsentOrEmptyFlagHasNone() {
    assertThat(ExtraArguments.parse("").value("hostname")).isEmpty();
    assertThat(ExtraArguments.parse("--hostname=").value("hostname")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--login-server",
        "--login-server --ssh",
        "--accept-dns --login-server",
        "-login-server -ssh",
      })
  void aFlagWithoutItsValueIsAnError(String text) {
    assertThat(ExtraArguments.parse(text).errors())
        .containsExactly("TS_EXTRA_ARGS --login-server has no value: write --login-server=VALUE");
  }

  @Test
  void whatIsIgnoredIsOneWarningEachWithoutItsValue() {
    var arguments =
        ExtraArguments.parse(
            "--client-secret=s3cret --operator me --reset --ssh --ssh tskey-lost other");
    assertThat(arguments.errors()).isEmpty();
    assertThat(arguments.warnings())
        .containsExactly(
            "TS_EXTRA_ARGS --client-secret is ignored: Tailjar does not have it",
            "TS_EXTRA_ARGS --operator is ignored: Tailjar does not have it",
            "TS_EXTRA_ARGS --ssh is ignored: Tailjar does not have it",
            "TS_EXTRA_ARGS: an argument without a flag is ignored");
  }
}
