package org.tailjar.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
    assertThat(ExtraArguments.parse("--hostname --accept-dns").value("hostname")).isEmpty();
  }

  @Test
  void whatIsIgnoredIsNamedWithoutItsValue() {
    var arguments =
        ExtraArguments.parse("--client-secret=s3cret --operator me --reset --ssh tskey-lost");
    assertThat(arguments.ignored())
        .containsExactly("--client-secret", "--operator", "--ssh", "an argument without a flag");
  }
}
