package org.tailjar.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tailjar.packet.IpPrefix;

class AllowedIpsTests {

  private static final AllowedIps<String> TABLE =
      AllowedIps.of(
          Map.of(
              IpPrefix.parse("10.0.0.0/8"), "wide",
              IpPrefix.parse("10.1.0.0/16"), "narrow",
              IpPrefix.parse("10.1.2.3/32"), "one",
              IpPrefix.parse("100.64.0.0/10"), "tailnet",
              IpPrefix.parse("fd7a:115c:a1e0::/48"), "tailnet6",
              IpPrefix.parse("fd7a:115c:a1e0::1/128"), "one6",
              IpPrefix.parse("fd7a:115c:a1e0:8000::/49"), "half6"));

  @ParameterizedTest
  @CsvSource({
    "10.200.0.1, wide",
    "10.1.0.1, narrow",
    "10.1.2.2, narrow",
    "10.1.2.3, one",
    "100.64.0.0, tailnet",
    "100.127.255.255, tailnet",
    "fd7a:115c:a1e0::2, tailnet6",
    "fd7a:115c:a1e0::1, one6",
    "fd7a:115c:a1e0:8000::1, half6",
  })
  void theLongestPrefixWins(String address, String expected) {
    assertThat(lookup(TABLE, address)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"11.0.0.1", "100.128.0.0", "0.0.0.0", "::", "::1", "fd7a:115c:a1e1::"})
  void anAddressInNoPrefixBelongsToNobody(String address) {
    assertThat(lookup(TABLE, address)).isNull();
  }

  @Test
  void aPeerWithAWideRangeDoesNotSpeakForOneWithANarrowerOne() {
    // What is checked inbound: the source has to find the very peer that sealed the packet.
    assertThat(lookup(TABLE, "10.1.2.3")).isEqualTo("one");
  }

  @Test
  void theWildcardCoversAllOfItsFamilyAndNoneOfTheOther() {
    AllowedIps<String> six = AllowedIps.of(Map.of(IpPrefix.parse("::/0"), "six"));
    assertThat(lookup(six, "::")).isEqualTo("six");
    assertThat(lookup(six, "8000::")).isEqualTo("six");
    assertThat(lookup(six, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")).isEqualTo("six");
    assertThat(lookup(six, "192.0.2.1")).isNull();
    AllowedIps<String> four = AllowedIps.of(Map.of(IpPrefix.parse("0.0.0.0/0"), "four"));
    assertThat(lookup(four, "0.0.0.0")).isEqualTo("four");
    assertThat(lookup(four, "255.255.255.255")).isEqualTo("four");
    assertThat(lookup(four, "::1")).isNull();
  }

  @Test
  void anEmptyTableFindsNobody() {
    AllowedIps<String> empty = AllowedIps.of(Map.of());
    assertThat(empty.size()).isZero();
    assertThat(lookup(empty, "10.0.0.1")).isNull();
  }

  @Test
  void itAgreesWithASearchThroughAllPrefixes() {
    Random random = new Random(4);
    for (int round = 0; round < 50; round++) {
      Map<IpPrefix, Integer> prefixes = new HashMap<>();
      // Few different bits, so that prefixes nest and share.
      for (int i = 0; i < 60; i++) {
        prefixes.put(
            random.nextBoolean()
                ? new IpPrefix(0, 0xffff_0000_0000L | few(random) >>> 32, random.nextInt(33))
                : new IpPrefix(few(random), few(random), random.nextInt(129)),
            i);
      }
      AllowedIps<Integer> table = AllowedIps.of(prefixes);
      for (int i = 0; i < 400; i++) {
        long high = random.nextBoolean() ? 0 : few(random);
        long low = high == 0 ? 0xffff_0000_0000L | few(random) >>> 32 : few(random);
        assertThat(table.lookup(high, low)).isEqualTo(search(prefixes, high, low));
      }
    }
  }

  private static long few(Random random) {
    return random.nextLong() & 0xc000_0003_c000_0003L;
  }

  private static @Nullable Integer search(Map<IpPrefix, Integer> prefixes, long high, long low) {
    Integer found = null;
    int longest = -1;
    for (Map.Entry<IpPrefix, Integer> entry : prefixes.entrySet()) {
      IpPrefix prefix = entry.getKey();
      if (prefix.contains(high, low) && prefix.bits() > longest) {
        longest = prefix.bits();
        found = entry.getValue();
      }
    }
    return found;
  }

  private static @Nullable String lookup(AllowedIps<String> table, String address) {
    IpPrefix single = IpPrefix.parse(address);
    return table.lookup(single.high(), single.low());
  }
}
