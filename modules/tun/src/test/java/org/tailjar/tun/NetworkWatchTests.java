package org.tailjar.tun;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.tailjar.linux.IpRule;
import org.tailjar.linux.LinkAddress;
import org.tailjar.linux.Netlink;
import org.tailjar.packet.IpPrefix;

@Timeout(180)
class NetworkWatchTests {

  private static final RouterConfig CONFIG =
      new RouterConfig(
          Set.of(IpPrefix.parse("100.64.0.1/32"), IpPrefix.parse("fd7a:115c:a1e0::1/128")),
          Set.of(IpPrefix.parse("100.64.0.2/32")),
          1280);

  private final LinkedBlockingQueue<String> heard = new LinkedBlockingQueue<>();
  @AutoClose private final NamespaceThread namespace = new NamespaceThread();

  private NetworkWatch watch(Router router) throws Exception {
    return NetworkWatch.open(
        "tailscale0",
        new NetworkWatch.Listener() {
          @Override
          public void interfaceChanged() {
            try {
              heard.add(router.apply(CONFIG) ? "put back" : "as it was");
            } catch (java.io.IOException e) {
              heard.add(e.toString());
            }
          }

          @Override
          public void networkChanged() {
            heard.add("network");
          }
        });
  }

  private String next() throws InterruptedException {
    return heard.poll(60, TimeUnit.SECONDS);
  }

  /**
   * What is put back is heard of, too, and found as it was; then there is peace. On a machine that
   * stands still between two changes, each of them is put back by itself; changes that call for
   * each other would be heard of every second without end.
   */
  private void assertPutBack() throws InterruptedException {
    assertThat(next()).isEqualTo("put back");
    List<String> rest = new ArrayList<>();
    String event;
    while ((event = heard.poll(1500, TimeUnit.MILLISECONDS)) != null) {
      rest.add(event);
      assertThat(rest).hasSizeLessThanOrEqualTo(6);
    }
    assertThat(rest).isSubsetOf("put back", "as it was").endsWith("as it was");
  }

  @Test
  void whatOthersTakeAwayIsPutBackOnceAndItsOwnChangesEndThere() throws Exception {
    namespace.run(
        () -> {
          try (TunDevice device = TunDevice.open(TunConfig.of("tailscale0", 1280));
              Router router = Router.open(device.name());
              Netlink netlink = Netlink.open()) {
            router.apply(CONFIG);
            try (NetworkWatch _ = watch(router)) {
              int link = netlink.link(device.name()).orElseThrow().index();
              netlink.setUp(link, false);
              assertPutBack();
              netlink.removeAddress(link, LinkAddress.of(IpPrefix.parse("100.64.0.1/32")));
              netlink.removeRule(new IpRule(false, 5270, 0, 0, 52));
              assertPutBack();
            }
          }
        });
  }

  @Test
  void anAddressOfAnotherInterfaceIsAChangeOfTheNetwork() throws Exception {
    namespace.run(
        () -> {
          try (TunDevice device = TunDevice.open(TunConfig.of("tailscale0", 1280));
              Router router = Router.open(device.name());
              Netlink netlink = Netlink.open();
              NetworkWatch _ = watch(router)) {
            LinkAddress address = LinkAddress.of(IpPrefix.parse("192.0.2.7/32"));
            netlink.addAddress(1, address);
            assertThat(next()).isEqualTo("network");
            // Away and there again before anybody asked; often enough not to be interrupted.
            boolean unnoticed = false;
            for (int i = 0; i < 5 && !unnoticed; i++) {
              netlink.removeAddress(1, address);
              netlink.addAddress(1, address);
              unnoticed = heard.poll(1500, TimeUnit.MILLISECONDS) == null;
              while (heard.poll(1500, TimeUnit.MILLISECONDS) != null) {
                // The news of an address that was away for long.
              }
            }
            assertThat(unnoticed).isTrue();
            netlink.setUp(1, false);
            assertThat(next()).isEqualTo("network");
          }
        });
  }
}
