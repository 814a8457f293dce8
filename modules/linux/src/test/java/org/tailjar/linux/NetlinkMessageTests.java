package org.tailjar.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tailjar.packet.IpPrefix;

/** What is asked of the kernel, read as what the kernel says. */
class NetlinkMessageTests {

  private static NetlinkReply read(NetlinkMessage message) {
    byte[] bytes = message.bytes(1);
    return NetlinkReply.parse(bytes, bytes.length).getFirst();
  }

  @Test
  void theChangesOfAnInterfaceNameIt() {
    NetlinkReply mtu = read(LinkMessage.setMtu(7, 1280));
    assertThat(mtu.type()).isEqualTo(LinkMessage.RTM_NEWLINK);
    assertThat(LinkMessage.link(mtu)).isEqualTo(new NetworkLink(7, "", 1280, false, false, 0));
    assertThat(LinkMessage.link(read(LinkMessage.setUp(7, true))).up()).isTrue();
    assertThat(LinkMessage.link(read(LinkMessage.setTransmitQueueLength(7, 500))))
        .isEqualTo(new NetworkLink(7, "", 0, false, false, 500));
    assertThat(LinkMessage.name(read(LinkMessage.find("eth0")))).isEqualTo("eth0");
    assertThat(LinkMessage.index(read(LinkMessage.remove(7)))).isEqualTo(7);
  }

  @ParameterizedTest
  @ValueSource(strings = {"100.64.0.1/32", "fd7a:115c:a1e0::1/128"})
  void anAddressIsReadAsItIsAdded(String text) {
    LinkAddress address = LinkAddress.of(IpPrefix.parse(text));
    for (NetlinkMessage message :
        new NetlinkMessage[] {AddressMessage.add(7, address), AddressMessage.remove(7, address)}) {
      NetlinkReply reply = read(message);
      assertThat(AddressMessage.address(reply)).contains(address);
      assertThat(AddressMessage.link(reply)).isEqualTo(7);
    }
  }

  @Test
  void anAddressOfNeitherFamilyIsNone() {
    assertThat(AddressMessage.address(read(AddressMessage.list()))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "100.64.0.0/10, 52, LINK, 7",
    "0.0.0.0/0, 52, LINK, 7",
    "192.168.0.0/16, 52, THROW, 0",
    "fd7a:115c:a1e0::2/128, 1000, LINK, 7",
    "::/0, 52, LINK, 7",
    "fd00::/64, 52, THROW, 0",
  })
  void aRouteIsReadAsItIsAdded(String to, int table, IpRoute.Action action, int link) {
    IpRoute route = new IpRoute(IpPrefix.parse(to), table, action, link);
    for (NetlinkMessage message :
        new NetlinkMessage[] {RouteMessage.add(route), RouteMessage.remove(route)}) {
      NetlinkReply reply = read(message);
      assertThat(RouteMessage.route(reply)).isEqualTo(route);
      assertThat(RouteMessage.isDefault(reply)).isEqualTo(route.destination().bits() == 0);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "false, 5210, 0x80000, 0xff0000, 254",
    "true, 5250, 0x80000, 0xff0000, 0",
    "false, 5270, 0, 0, 52",
  })
  void aRuleIsReadAsItIsAdded(boolean ipv6, int priority, int mark, int mask, int table) {
    IpRule rule = new IpRule(ipv6, priority, mark, mask, table);
    for (NetlinkMessage message :
        new NetlinkMessage[] {RuleMessage.add(rule), RuleMessage.remove(rule)}) {
      NetlinkReply reply = read(message);
      assertThat(RuleMessage.rule(reply)).contains(rule);
      assertThat(RuleMessage.priority(reply)).isEqualTo(priority);
    }
  }

  @Test
  void aRuleThatDoesNeitherIsNone() {
    assertThat(RuleMessage.rule(read(RuleMessage.list(false)))).isEmpty();
  }
}
