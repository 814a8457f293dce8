package org.tailjar.tun;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.tailjar.linux.IpRoute;
import org.tailjar.linux.IpRule;
import org.tailjar.linux.LinkAddress;
import org.tailjar.linux.LinuxException;
import org.tailjar.linux.Netlink;
import org.tailjar.linux.NetworkLink;
import org.tailjar.packet.IpPrefix;

class RouterTests {

  private static final IpPrefix IPV4 = IpPrefix.parse("100.64.0.1/32");
  private static final IpPrefix IPV6 = IpPrefix.parse("fd7a:115c:a1e0::1/128");
  private static final IpPrefix PEER4 = IpPrefix.parse("100.64.0.2/32");
  private static final IpPrefix PEER6 = IpPrefix.parse("fd7a:115c:a1e0::2/128");
  private static final RouterConfig BOTH =
      new RouterConfig(Set.of(IPV4, IPV6), Set.of(PEER4, PEER6), 1280);

  @AutoClose private final NamespaceThread namespace = new NamespaceThread();

  @Test
  void addressesRoutesAndRulesAreSetUp() throws Exception {
    namespace.run(
        () -> {
          try (TunDevice device = TunDevice.open(TunConfig.of("tailscale0", 1400));
              Router router = Router.open("tailscale0");
              Netlink netlink = Netlink.open()) {
            router.apply(BOTH);
            NetworkLink link = netlink.link(device.name()).orElseThrow();
            assertThat(link.up()).isTrue();
            assertThat(link.mtu()).isEqualTo(1280);
            assertThat(netlink.addresses(link.index()))
                .filteredOn(address -> !address.linkLocal())
                .containsExactlyInAnyOrder(LinkAddress.of(IPV4), LinkAddress.of(IPV6));
            assertThat(netlink.routes(52))
                .extracting(IpRoute::destination)
                .containsExactlyInAnyOrder(PEER4, PEER6);
            for (boolean ipv6 : new boolean[] {false, true}) {
              assertThat(netlink.rules(ipv6))
                  .filteredOn(rule -> rule.priority() >= 5200 && rule.priority() < 5300)
                  .containsExactly(
                      new IpRule(ipv6, 5210, 0x80000, 0xff0000, IpRule.MAIN),
                      new IpRule(ipv6, 5230, 0x80000, 0xff0000, IpRule.DEFAULT),
                      new IpRule(ipv6, 5250, 0x80000, 0xff0000, 0),
                      new IpRule(ipv6, 5270, 0, 0, 52));
            }
            assertThat(router.ipv6()).isTrue();
          }
        });
  }

  @Test
  void applyingTheSameAgainChangesNothing() throws Exception {
    namespace.run(
        () -> {
          try (TunDevice device = TunDevice.open(TunConfig.of("tailscale0", 1280));
              Router router = Router.open(device.name())) {
            RouterConfig config =
                new RouterConfig(
                    Set.of(IPV4, IPV6),
                    Set.of(PEER4, IpPrefix.parse("0.0.0.0/0"), IpPrefix.parse("::/0")),
                    Set.of(IpPrefix.parse("192.168.0.0/16"), IpPrefix.parse("fd00::/64")),
                    1280);
            assertThat(router.apply(config)).isTrue();
            List<String> before = state();
            assertThat(router.apply(config)).isFalse();
            assertThat(state()).isEqualTo(before);
          }
        });
  }

  @Test
  void aChangeTouchesOnlyWhatDiffers() throws Exception {
    namespace.run(
        () -> {
          try (TunDevice device = TunDevice.open(TunConfig.of("tailscale0", 1280));
              Router router = Router.open(device.name());
              Netlink netlink = Netlink.open()) {
            router.apply(BOTH);
            IpPrefix other = IpPrefix.parse("100.64.0.9/32");
            IpPrefix subnet = IpPrefix.parse("10.20.0.0/16");
            router.apply(new RouterConfig(Set.of(other, IPV6), Set.of(PEER4, subnet), 1400));
            int link = netlink.link(device.name()).orElseThrow().index();
            assertThat(netlink.addresses(link))
                .filteredOn(address -> !address.linkLocal())
                .containsExactlyInAnyOrder(LinkAddress.of(other), LinkAddress.of(IPV6));
            assertThat(netlink.routes(52))
                .extracting(IpRoute::destination)
                .containsExactlyInAnyOrder(PEER4, subnet);
            assertThat(netlink.link(device.name()).orElseThrow().mtu()).isEqualTo(1400);
          }
        });
  }

  @Test
  void whatAnotherProgramTookAwayComesBack() throws Exception {
    namespace.run(
        () -> {
          try (TunDevice device = TunDevice.open(TunConfig.of("tailscale0", 1280));
              Router router = Router.open(device.name());
              Netlink netlink = Netlink.open()) {
            router.apply(BOTH);
            List<String> before = state();
            netlink.removeRule(new IpRule(false, 5270, 0, 0, 52));
            netlink.removeRoute(netlink.routes(52).getFirst());
            router.apply(BOTH);
            assertThat(state()).isEqualTo(before);
          }
        });
  }

  @Test
  void whatTheKernelDropsWithAnInterfaceThatIsSwitchedOffComesBack() throws Exception {
    namespace.run(
        () -> {
          try (TunDevice device = TunDevice.open(TunConfig.of("tailscale0", 1280));
              Router router = Router.open(device.name());
              Netlink netlink = Netlink.open()) {
            router.apply(BOTH);
            List<String> before = state();
            int link = netlink.link(device.name()).orElseThrow().index();
            netlink.setUp(link, false);
            netlink.setUp(link, true);
            netlink.setMtu(link, 1500);
            assertThat(netlink.routes(52)).isEmpty();
            assertThat(netlink.addresses(link)).doesNotContain(LinkAddress.of(IPV6));

            router.apply(BOTH);

            assertThat(state()).isEqualTo(before);
            assertThat(netlink.link(device.name()).orElseThrow().mtu()).isEqualTo(1280);
          }
        });
  }

  @Test
  void closingLeavesNothingBehind() throws Exception {
    namespace.run(
        () -> {
          List<String> before = state();
          try (TunDevice device = TunDevice.open(TunConfig.of("tailscale0", 1280))) {
            try (Router router = Router.open(device.name())) {
              router.apply(BOTH);
              assertThat(state()).isNotEqualTo(before);
            }
            assertThat(state()).isEqualTo(before);
          }
        });
  }

  @Test
  void whatAKilledProcessLeftIsCleanedUpAndNothingElse() throws Exception {
    namespace.run(
        () -> {
          try (Netlink netlink = Netlink.open()) {
            netlink.addRule(new IpRule(false, 4000, 0x1, 0xff, 99));
            List<String> before = state();
            try (TunDevice device = TunDevice.open(TunConfig.of("tailscale0", 1280))) {
              Router.open(device.name())
                  .apply(
                      new RouterConfig(
                          Set.of(IPV4),
                          Set.of(PEER4),
                          Set.of(IpPrefix.parse("192.168.0.0/16")),
                          1280));
              assertThat(Router.cleanUp()).as("removed while in use").isZero();
            }
            assertThat(state()).isNotEqualTo(before);
            assertThat(Router.cleanUp()).isEqualTo(9);
            assertThat(state()).isEqualTo(before);
            assertThat(Router.cleanUp()).isZero();
          }
        });
  }

  @Test
  void aStartAfterAKillDoublesNothing() throws Exception {
    namespace.run(
        () -> {
          List<String> first;
          try (TunDevice device = TunDevice.open(TunConfig.of("tailscale0", 1280))) {
            Router.open(device.name()).apply(BOTH);
            first = state();
          }
          try (TunDevice device = TunDevice.open(TunConfig.of("tailscale0", 1280));
              Router router = Router.open(device.name())) {
            router.apply(BOTH);
            assertThat(state()).isEqualTo(first);
          }
        });
  }

  @Test
  void withoutIpv6TheRestIsSetUp() throws Exception {
    namespace.run(
        () -> {
          for (String of : new String[] {"all", "default"}) {
            Files.writeString(Path.of("/proc/sys/net/ipv6/conf/" + of + "/disable_ipv6"), "1\n");
          }
          try (TunDevice device = TunDevice.open(TunConfig.of("tailscale0", 1280));
              Router router = Router.open(device.name());
              Netlink netlink = Netlink.open()) {
            assertThat(router.apply(BOTH)).isTrue();
            assertThat(router.apply(BOTH)).isFalse();
            assertThat(router.ipv6()).isFalse();
            assertThat(netlink.routes(52)).extracting(IpRoute::destination).containsExactly(PEER4);

            Files.writeString(
                Path.of("/proc/sys/net/ipv6/conf/" + device.name() + "/disable_ipv6"), "0\n");
            assertThat(router.apply(BOTH)).isTrue();
            assertThat(router.ipv6()).as("IPv6 once it is switched on").isTrue();
            assertThat(netlink.routes(52))
                .extracting(IpRoute::destination)
                .containsExactlyInAnyOrder(PEER4, PEER6);
          }
        });
  }

  @Test
  void anInterfaceThatIsGoneIsNamed() throws Exception {
    namespace.run(
        () -> {
          try (Router router = Router.open("tailscale0")) {
            assertThatThrownBy(() -> router.apply(BOTH))
                .isInstanceOf(LinuxException.class)
                .hasMessageStartingWith("find the interface tailscale0: No such device");
          }
        });
  }

  /** Rules and routes of the namespace, as text. */
  private static List<String> state() throws Exception {
    List<String> state = new ArrayList<>();
    try (Netlink netlink = Netlink.open()) {
      for (boolean ipv6 : new boolean[] {false, true}) {
        netlink.rules(ipv6).forEach(rule -> state.add(rule.toString()));
      }
      for (int table : new int[] {52, 253, 254}) {
        netlink.routes(table).stream().map(IpRoute::toString).sorted().forEach(state::add);
      }
      state.addAll(netlink.addresses(1).stream().map(LinkAddress::toString).toList());
    }
    return state;
  }
}
