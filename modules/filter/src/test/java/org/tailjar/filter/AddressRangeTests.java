package org.tailjar.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tailjar.packet.IpPrefix;

class AddressRangeTests {

  @ParameterizedTest
  @CsvSource({
    "*, 0.0.0.0, true",
    "*, 255.255.255.255, true",
    "*, ::, true",
    "*, fd7a:115c:a1e0::1, true",
    "*, ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, true",
    "100.64.0.1, 100.64.0.1, true",
    "100.64.0.1, 100.64.0.2, false",
    "100.64.0.0/10, 100.127.255.255, true",
    "100.64.0.0/10, 100.128.0.0, false",
    "0.0.0.0/0, 1.2.3.4, true",
    "0.0.0.0/0, ::1, false",
    "::/0, ::1, true",
    "::/0, ::fffe:ffff:ffff, true",
    "::/0, ::1:0:0:0, true",
    "::/0, ffff::1, true",
    "::/0, 1.2.3.4, false",
    "::/64, 1.2.3.4, false",
    "::1-ffff::, 255.255.255.255, false",
    "10.0.0.3-10.0.1.2, 10.0.0.2, false",
    "10.0.0.3-10.0.1.2, 10.0.0.3, true",
    "10.0.0.3-10.0.1.2, 10.0.1.2, true",
    "10.0.0.3-10.0.1.2, 10.0.1.3, false",
    "fd00::1-fd00::f, fd00::f, true",
    "fd00::1-fd00::f, fd00::10, false",
    "fd7a:115c:a1e0::/48, fd7a:115c:a1e0:ffff:ffff:ffff:ffff:ffff, true",
    "fd7a:115c:a1e0::/48, fd7a:115c:a1e1::, false",
    "::/80, ::1, true",
    "::/80, 10.0.0.1, false",
    "::/79, 10.0.0.1, false",
    "::/79, ::1:0:0:0, true",
  })
  void aTextCoversExactlyItsAddresses(String text, String address, boolean covered) {
    IpPrefix probe = IpPrefix.parse(address);

    AddressSet set = AddressSet.of(AddressRange.parse(text));

    assertThat(set.contains(probe.high(), probe.low())).isEqualTo(covered);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-",
        "10.0.0.1-",
        "-10.0.0.1",
        "10.0.0.2-10.0.0.1",
        "10.0.0.1-fd00::1",
        "10.0.0.0/8-11.0.0.0/8",
        "10.0.0.0/33",
        "300.1.1.1",
        "example.com",
        "cap:x",
      })
  void aMalformedTextIsRefused(String text) {
    assertThatThrownBy(() -> AddressRange.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aSetHoldsWhatOneOfItsRangesHolds() {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(3);
    for (int round = 0; round < 300; round++) {
      List<AddressRange> ranges = new ArrayList<>();
      int size = random.nextInt(12);
      for (int i = 0; i < size; i++) {
        long[] a = address(random);
        long[] b = address(random);
        boolean ordered = AddressRange.compare(a[0], a[1], b[0], b[1]) <= 0;
        ranges.add(
            ordered
                ? new AddressRange(a[0], a[1], b[0], b[1])
                : new AddressRange(b[0], b[1], a[0], a[1]));
      }
      AddressSet set = AddressSet.of(ranges);
      for (int probe = 0; probe < 100; probe++) {
        long[] p = address(random);
        assertThat(set.contains(p[0], p[1]))
            .isEqualTo(ranges.stream().anyMatch(range -> range.contains(p[0], p[1])));
      }
    }
  }

  /** Few distinct values, so that bounds meet; the sign bit is set in half of them. */
  private static long[] address(RandomGenerator random) {
    return new long[] {(long) random.nextInt(2) << 63, (random.nextInt(8) - 4L)};
  }
}
