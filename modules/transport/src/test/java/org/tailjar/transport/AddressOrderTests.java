package org.tailjar.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AddressOrderTests {

  @ParameterizedTest
  @CsvSource({
    "'', ''",
    "192.0.2.1, 192.0.2.1",
    "::1 ::2 192.0.2.1, ::1 192.0.2.1 ::2",
    "192.0.2.1 192.0.2.2 ::1 ::2 ::3, 192.0.2.1 ::1 192.0.2.2 ::2 ::3",
  })
  void familiesAlternateBeginningWithTheFirst(String given, String expected) {
    assertThat(AddressOrder.interleave(addresses(given))).isEqualTo(addresses(expected));
  }

  private static List<InetAddress> addresses(String text) {
    return Stream.of(text.split(" "))
        .filter(s -> !s.isEmpty())
        .map(InetAddress::ofLiteral)
        .toList();
  }
}
