package org.tailjar.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tailjar.filter.PacketBytes.ACK;
import static org.tailjar.filter.PacketBytes.SYN;
import static org.tailjar.filter.PacketBytes.icmp;
import static org.tailjar.filter.PacketBytes.ip;
import static org.tailjar.filter.PacketBytes.ported;
import static org.tailjar.filter.PacketBytes.tcp;
import static org.tailjar.filter.PacketBytes.udp;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tailjar.filter.FilterRule.Destination;
import org.tailjar.packet.IpPacket;
import org.tailjar.packet.IpPrefix;

class PacketFilterTests {

  private static final String OWN = "100.64.0.1";
  private static final String OWN6 = "fd7a:115c:a1e0::1";
  private static final String PEER = "100.64.0.2";
  private static final String PEER6 = "fd7a:115c:a1e0::2";
  private static final String OTHER = "100.64.0.3";
  private static final List<IpPrefix> LOCAL =
      List.of(IpPrefix.parse(OWN), IpPrefix.parse(OWN6), IpPrefix.parse("10.1.0.0/16"));

  private final FlowTable flows = new FlowTable();

  private static PacketFilter filter(FilterRule... rules) {
    return PacketFilter.compile(List.of(rules), LOCAL);
  }

  private static FilterRule rule(
      String source, String destination, int first, int last, Integer... protocols) {
    return FilterRule.parse(
        List.of(source), List.of(Destination.parse(destination, first, last)), Set.of(protocols));
  }

  private boolean in(PacketFilter filter, IpPacket packet) {
    return filter.inbound(packet, flows);
  }

  private boolean out(IpPacket packet) {
    return filter().outbound(packet, flows);
  }

  @ParameterizedTest
  @CsvSource({
    "100.64.0.2, 100.64.0.1, 80, true",
    "100.64.0.2, 100.64.0.1, 79, false",
    "100.64.0.2, 100.64.0.1, 90, true",
    "100.64.0.2, 100.64.0.1, 91, false",
    "100.64.0.3, 100.64.0.1, 80, false",
    "100.64.0.2, 10.1.2.3, 80, false",
    "fd7a:115c:a1e0::2, fd7a:115c:a1e0::1, 80, false",
  })
  void aConnectionNeedsARule(String source, String destination, int port, boolean accepted) {
    PacketFilter filter = filter(rule(PEER, OWN, 80, 90));

    assertThat(in(filter, tcp(source, destination, port, SYN))).isEqualTo(accepted);
    assertThat(in(filter, udp(source, 9, destination, port))).isEqualTo(accepted);
  }

  @Test
  void anyAddressIsAnyOfBothFamilies() {
    PacketFilter filter = filter(FilterRule.ALLOW_ALL);

    assertThat(in(filter, tcp(PEER, OWN, 1, SYN))).isTrue();
    assertThat(in(filter, tcp(PEER6, OWN6, 1, SYN))).isTrue();
    assertThat(in(filter, udp("1.2.3.4", 0, "10.1.255.255", 65_535))).isTrue();
    assertThat(in(filter, icmp(PEER, OWN, 8))).isTrue();
    assertThat(in(filter, icmp(PEER6, OWN6, 128))).isTrue();
    assertThat(in(filter, ported(IpPacket.SCTP, PEER, 1, OWN, 1))).isFalse();
  }

  @Test
  void nothingPassesThatIsNotForALocalNetwork() {
    PacketFilter filter = filter(FilterRule.ALLOW_ALL);

    assertThat(in(filter, tcp(PEER, OTHER, 80, SYN))).isFalse();
    assertThat(in(filter, tcp(PEER, OTHER, 80, ACK))).isFalse();
    assertThat(in(filter, icmp(PEER, "10.2.0.1", 0))).isFalse();
    assertThat(in(filter, ip(PEER, OTHER, PacketFilter.TSMP, new byte[9]))).isFalse();
  }

  @Test
  void theRulesOfAnyProtocolAreKeptApart() {
    PacketFilter filter = filter(rule(PEER, OWN, 53, 53, 17));

    assertThat(in(filter, udp(PEER, 9, OWN, 53))).isTrue();
    assertThat(in(filter, tcp(PEER, OWN, 53, SYN))).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"2, false", "18, true", "16, true", "4, true", "17, true", "0, true", "194, false"})
  void tcpThatOpensNothingPasses(int flags, boolean accepted) {
    assertThat(in(filter(), tcp(PEER, OWN, 22, flags))).isEqualTo(accepted);
  }

  @Test
  void repliesToOwnUdpPassUnderAnyFilter() {
    assertThat(in(filter(), udp(PEER, 53, OWN, 4000))).isFalse();

    assertThat(out(udp(OWN, 4000, PEER, 53))).isTrue();

    assertThat(in(filter(), udp(PEER, 53, OWN, 4000))).isTrue();
    assertThat(in(filter(), udp(OTHER, 53, OWN, 4000))).isFalse();
    assertThat(in(filter(), udp(PEER, 54, OWN, 4000))).isFalse();
    assertThat(in(filter(), ported(IpPacket.SCTP, PEER, 53, OWN, 4000))).isFalse();
    assertThat(in(PacketFilter.denyAll(), udp(PEER, 53, OWN, 4000))).isFalse();
  }

  @Test
  void repliesToOwnSctpPass() {
    out(ported(IpPacket.SCTP, OWN6, 7, PEER6, 8));

    assertThat(in(filter(), ported(IpPacket.SCTP, PEER6, 8, OWN6, 7))).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"0, true", "3, true", "11, true", "12, true", "8, false", "5, false", "13, false"})
  void icmpRepliesAndErrorsPassWithoutARule(int type, boolean accepted) {
    assertThat(in(filter(), icmp(PEER, OWN, type))).isEqualTo(accepted);
  }

  @ParameterizedTest
  @CsvSource({"1, true", "2, true", "3, true", "4, true", "129, true", "128, false", "0, false"})
  void icmpv6RepliesAndErrorsPassWithoutARule(int type, boolean accepted) {
    assertThat(in(filter(), icmp(PEER6, OWN6, type))).isEqualTo(accepted);
  }

  @Test
  void whoMayReachAnyPortMayPing() {
    PacketFilter filter = filter(rule(PEER, OWN, 443, 443, 6));

    assertThat(in(filter, icmp(PEER, OWN, 8))).isTrue();
    assertThat(in(filter, icmp(OTHER, OWN, 8))).isFalse();
    assertThat(in(filter, icmp(PEER, "10.1.0.1", 8))).isFalse();
  }

  @Test
  void icmpOfTheOtherFamilyNeverPasses() {
    PacketFilter filter = filter(FilterRule.ALLOW_ALL);

    assertThat(in(filter, ip(PEER, OWN, IpPacket.ICMPV6, new byte[8]))).isFalse();
    assertThat(in(filter, ip(PEER6, OWN6, IpPacket.ICMP, new byte[8]))).isFalse();
  }

  @Test
  void otherProtocolsNeedARuleThatNamesThemWithAllPorts() {
    IpPacket gre = ip(PEER, OWN, 47, new byte[4]);

    assertThat(in(filter(FilterRule.ALLOW_ALL), gre)).isFalse();
    assertThat(in(filter(rule("*", "*", 0, 65_535, 47)), gre)).isTrue();
    assertThat(in(filter(rule("*", "*", 1, 65_535, 47)), gre)).isFalse();
    assertThat(in(filter(rule("*", "*", 0, 65_535, 255)), ip(PEER, OWN, 255, new byte[1])))
        .isTrue();
    assertThat(in(filter(rule("*", "*", 0, 65_535, 64)), ip(PEER, OWN, 128, new byte[1])))
        .isFalse();
  }

  @Test
  void tailscalesOwnMessagesPass() {
    assertThat(in(filter(), ip(PEER, OWN, PacketFilter.TSMP, new byte[9]))).isTrue();
  }

  @Test
  void laterFragmentsPassUnlessTheyCouldRewriteATransportHeader() {
    assertThat(in(filter(), ip(PEER, OWN, 17, 80, new byte[8]))).isTrue();
    assertThat(in(filter(), ip(PEER, OWN, 17, 72, new byte[8]))).isFalse();
    assertThat(in(filter(), ip(PEER, OWN, 6, 8, new byte[32]))).isFalse();
    assertThat(in(filter(), ip(PEER6, OWN6, 17, 1232, new byte[8]))).isTrue();
    assertThat(in(PacketFilter.denyAll(), ip(PEER, OWN, 17, 80, new byte[8]))).isFalse();
  }

  @Test
  void aTransportHeaderThatIsCutShortNeverPasses() {
    PacketFilter filter = filter(FilterRule.ALLOW_ALL);

    assertThat(in(filter, ip(PEER, OWN, 6, new byte[19]))).isFalse();
    assertThat(in(filter, ip(PEER, OWN, 17, new byte[7]))).isFalse();
    assertThat(in(filter, ip(PEER, OWN, 1, new byte[3]))).isFalse();
    assertThat(out(ip(OWN, PEER, 17, new byte[7]))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"224.0.0.1", "239.255.255.255", "169.254.0.1"})
  void multicastAndLinkLocalNeverPass(String destination) {
    PacketFilter filter =
        PacketFilter.compile(
            List.of(FilterRule.ALLOW_ALL),
            List.of(IpPrefix.parse("0.0.0.0/0"), IpPrefix.parse("::/0")));

    assertThat(in(filter, udp(PEER, 1, destination, 1))).isFalse();
    assertThat(out(udp(OWN, 1, destination, 1))).isFalse();
    assertThat(in(filter, udp(PEER6, 1, "ff02::fb", 5353))).isFalse();
    assertThat(out(udp(OWN6, 1, "ff02::fb", 5353))).isFalse();
    assertThat(out(icmp(OWN6, "fe80::1", 128))).isFalse();
    assertThat(out(icmp(OWN6, "febf::1", 128))).isFalse();
    assertThat(out(icmp(OWN6, "fec0::1", 128))).isTrue();
  }

  @Test
  void theMetadataAddressOfCloudsPasses() {
    assertThat(out(tcp(OWN, "169.254.169.254", 80, SYN))).isTrue();
  }

  @Test
  void anIpv6PacketCannotPassForAnIpv4One() {
    PacketFilter filter = filter(FilterRule.ALLOW_ALL);
    byte[] header = new byte[40 + 20];
    header[0] = 0x60;
    header[5] = 20;
    header[6] = IpPacket.TCP;
    // ::ffff:100.64.0.2 to ::ffff:100.64.0.1
    for (int at : new int[] {8, 24}) {
      header[at + 10] = header[at + 11] = -1;
      header[at + 12] = 100;
      header[at + 13] = 64;
      header[at + 15] = (byte) (at == 8 ? 2 : 1);
    }
    IpPacket packet = new IpPacket();
    try (var arena = java.lang.foreign.Arena.ofConfined()) {
      var memory = arena.allocate(header.length);
      memory.copyFrom(java.lang.foreign.MemorySegment.ofArray(header));

      assertThat(packet.wrap(memory, 0, header.length)).isTrue();
      assertThat(in(filter, packet)).isFalse();
      assertThat(out(packet)).isFalse();
    }
  }

  @Test
  void nothingComesInBeforeAMap() {
    PacketFilter filter = PacketFilter.denyAll();
    out(udp(OWN, 1, PEER, 2));

    assertThat(in(filter, udp(PEER, 2, OWN, 1))).isFalse();
    assertThat(in(filter, tcp(PEER, OWN, 80, ACK))).isFalse();
    assertThat(in(filter, icmp(PEER, OWN, 0))).isFalse();
    assertThat(in(filter, ip(PEER, OWN, PacketFilter.TSMP, new byte[9]))).isFalse();
  }

  @Test
  void aCapabilityIsNoSourceAddress() {
    FilterRule rule =
        FilterRule.parse(
            List.of("cap:example.com/x"), List.of(Destination.parse("*", 0, 65_535)), Set.of());

    assertThat(rule.sources()).isEmpty();
    assertThat(in(filter(rule), tcp(PEER, OWN, 80, SYN))).isFalse();
  }

  @Test
  void portsAndProtocolsOutOfRangeAreRefused() {
    assertThatThrownBy(() -> Destination.parse("*", 2, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Destination.parse("*", 0, 65_536))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> rule("*", "*", 0, 1, 256))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
