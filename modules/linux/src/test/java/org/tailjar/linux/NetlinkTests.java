package org.tailjar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import org.junit.jupiter.api.Test;
import org.tailjar.packet.IpPrefix;

class NetlinkTests {

  private static final IpPrefix ADDRESS4 = IpPrefix.parse("100.64.0.1/32");
  private static final IpPrefix ADDRESS6 = IpPrefix.parse("fd7a:115c:a1e0::1/128");

  @Test
  void anInterfaceIsFoundByName() throws Exception {
    OwnNamespace.run(
        () -> {
          try (Netlink netlink = Netlink.open()) {
            NetworkLink loopback = netlink.link("lo").orElseThrow();
            assertThat(loopback.name()).isEqualTo("lo");
            assertThat(loopback.index()).isEqualTo(1);
            assertThat(loopback.up()).isTrue();
            assertThat(netlink.link("nothing")).isEmpty();
          }
        });
  }

  @Test
  void mtuAndStateAreSet() throws Exception {
    OwnNamespace.run(
        () -> {
          try (Netlink netlink = Netlink.open()) {
            netlink.setMtu(1, 1280);
            netlink.setTransmitQueueLength(1, 500);
            netlink.setUp(1, false);
            assertThat(netlink.link("lo"))
                .contains(new NetworkLink(1, "lo", 1280, false, false, 500));
          }
        });
  }

  @Test
  void addressesComeAndGo() throws Exception {
    OwnNamespace.run(
        () -> {
          try (Netlink netlink = Netlink.open()) {
            LinkAddress ipv4 = LinkAddress.of(ADDRESS4);
            LinkAddress ipv6 = LinkAddress.of(ADDRESS6);
            netlink.addAddress(1, ipv4);
            netlink.addAddress(1, ipv6);
            assertThat(netlink.addresses(1)).contains(ipv4, ipv6);
            assertErrno(() -> netlink.addAddress(1, ipv4), Errno.EEXIST);
            netlink.removeAddress(1, ipv4);
            netlink.removeAddress(1, ipv6);
            assertThat(netlink.addresses(1)).doesNotContain(ipv4, ipv6);
            assertErrno(() -> netlink.removeAddress(1, ipv4), Errno.EADDRNOTAVAIL);
          }
        });
  }

  @Test
  void routesOfOneTableComeAndGo() throws Exception {
    OwnNamespace.run(
        () -> {
          try (Netlink netlink = Netlink.open()) {
            for (String destination :
                new String[] {"100.64.0.2/32", "10.1.0.0/16", "0.0.0.0/0", "fd7a::/48", "::/0"}) {
              IpRoute route = new IpRoute(IpPrefix.parse(destination), 52, IpRoute.Action.LINK, 1);
              netlink.addRoute(route);
              assertThat(netlink.routes(52)).containsExactly(route);
              assertErrno(() -> netlink.addRoute(route), Errno.EEXIST);
              netlink.removeRoute(route);
              assertThat(netlink.routes(52)).isEmpty();
              // ENOENT when that was the last route of the table.
              assertThatThrownBy(() -> netlink.removeRoute(route))
                  .asInstanceOf(type(LinuxException.class))
                  .extracting(LinuxException::errno)
                  .isIn(Errno.ESRCH, Errno.ENOENT);
            }
            IpRoute pass =
                new IpRoute(IpPrefix.parse("192.168.0.0/16"), 52, IpRoute.Action.THROW, 0);
            netlink.addRoute(pass);
            assertThat(netlink.routes(52)).containsExactly(pass);
          }
        });
  }

  @Test
  void aRuleIsNeverDoubled() throws Exception {
    OwnNamespace.run(
        () -> {
          try (Netlink netlink = Netlink.open()) {
            for (boolean ipv6 : new boolean[] {false, true}) {
              int before = netlink.rules(ipv6).size();
              IpRule marked = new IpRule(ipv6, 5210, 0x80000, 0xff0000, IpRule.MAIN);
              IpRule refused = new IpRule(ipv6, 5250, 0x80000, 0xff0000, 0);
              IpRule all = new IpRule(ipv6, 5270, 0, 0, 52);
              netlink.addRule(marked);
              netlink.addRule(refused);
              netlink.addRule(all);
              assertErrno(() -> netlink.addRule(marked), Errno.EEXIST);
              assertErrno(() -> netlink.addRule(refused), Errno.EEXIST);
              assertErrno(() -> netlink.addRule(all), Errno.EEXIST);
              assertThat(netlink.rules(ipv6)).contains(marked, refused, all).hasSize(before + 3);
              netlink.removeRule(marked);
              netlink.removeRule(refused);
              netlink.removeRule(all);
              assertThat(netlink.rules(ipv6)).hasSize(before);
              assertErrno(() -> netlink.removeRule(all), Errno.ENOENT);
            }
          }
        });
  }

  @Test
  void aRefusalSaysWhatWasTriedAndWhy() throws Exception {
    OwnNamespace.run(
        () -> {
          try (Netlink netlink = Netlink.open()) {
            IpRoute route =
                new IpRoute(IpPrefix.parse("10.0.0.0/8"), 52, IpRoute.Action.LINK, 4711);
            assertThatThrownBy(() -> netlink.addRoute(route))
                .hasMessageStartingWith("add the route to 10.0.0.0/8 in table 52: No such device");
            assertThatThrownBy(() -> netlink.setMtu(1, -1)).isInstanceOf(LinuxException.class);
          }
        });
  }

  @Test
  void aClosedConnectionRefusesWork() throws Exception {
    Netlink netlink = Netlink.open();
    netlink.close();
    netlink.close();
    assertThatThrownBy(() -> netlink.link("lo")).isInstanceOf(ClosedDescriptorException.class);
  }

  private static void assertErrno(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, int errno) {
    assertThatThrownBy(call)
        .asInstanceOf(type(LinuxException.class))
        .returns(errno, LinuxException::errno);
  }
}
