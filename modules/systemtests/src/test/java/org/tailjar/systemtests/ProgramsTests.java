package org.tailjar.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ProgramsTests {

  @Test
  void whatIsMissingIsNamedWithItsPackageOrItsPage() {
    assertThat(Programs.advice(List.of("socat", "ip", "ss", "headscale")))
        .contains(
            "not on PATH: socat, ip, ss, headscale; on Debian: apt-get install socat iproute2;"
                + " headscale: https://github.com/juanfont/headscale/releases");
    assertThat(Programs.advice(List.of("tailscaled")))
        .contains("not on PATH: tailscaled; tailscaled: https://tailscale.com/download/linux");
  }

  @Test
  void onlyWhatIsNotOnPathIsNamed() {
    assertThat(Programs.missing("sh", "no-such-program"))
        .contains("not on PATH: no-such-program; on Debian: apt-get install no-such-program");
    assertThat(Programs.missing("sh")).isEmpty();
  }
}
