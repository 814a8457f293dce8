package org.tailjar.magicsock;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AddressQualityTests {

  private static AddressQuality quality(String address, long millis) {
    return new AddressQuality(
        new InetSocketAddress(address, 1), Duration.ofMillis(millis).toNanos());
  }

  @ParameterizedTest(name = "{0} at {1} ms rather than {2} at {3} ms: {4}")
  @CsvSource({
    "198.51.100.1, 10, 203.0.113.2, 20, true",
    "198.51.100.1, 20, 203.0.113.2, 10, false",
    "198.51.100.1, 10, 203.0.113.2, 10, false",
    "198.51.100.1, 99, 203.0.113.2, 100, false",
    "10.0.0.1, 10, 203.0.113.2, 10, true",
    "10.0.0.1, 12, 203.0.113.2, 10, true",
    "10.0.0.1, 20, 203.0.113.2, 10, false",
    "127.0.0.1, 10, 10.0.0.1, 10, true",
    "2001:db8::1, 10, 203.0.113.2, 10, true",
    "fd00::1, 10, 192.168.0.1, 10, true",
    "172.32.0.1, 10, 203.0.113.2, 10, false",
  })
  void betterIsFasterOrNearer(String a, long latencyA, String b, long latencyB, boolean better) {
    assertThat(quality(a, latencyA).isBetterThan(quality(b, latencyB))).isEqualTo(better);
  }
}
