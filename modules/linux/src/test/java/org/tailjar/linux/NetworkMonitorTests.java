package org.tailjar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.tailjar.packet.IpPrefix;

@Timeout(180)
class NetworkMonitorTests {

  private static final IpPrefix EVERYWHERE = IpPrefix.parse("0.0.0.0/0");

  private static List<NetworkEvent> allSoFar(NetworkMonitor monitor) throws Exception {
    List<NetworkEvent> all = new ArrayList<>();
    List<NetworkEvent> more;
    while (!(more = monitor.await(0)).isEmpty()) {
      all.addAll(more);
    }
    return all;
  }

  @Test
  void itHearsOfInterfacesAddressesRoutesAndRules() throws Exception {
    OwnNamespace.run(
        () -> {
          try (NetworkMonitor monitor = NetworkMonitor.open();
              Netlink netlink = Netlink.open()) {
            assertThat(allSoFar(monitor)).isEmpty();

            netlink.setMtu(1, 1300);
            assertThat(allSoFar(monitor)).contains(new NetworkEvent.Link(1, "lo"));
            netlink.addAddress(1, LinkAddress.of(IpPrefix.parse("10.1.2.3/32")));
            assertThat(allSoFar(monitor)).contains(new NetworkEvent.Address(1));
            netlink.removeAddress(1, LinkAddress.of(IpPrefix.parse("10.1.2.3/32")));
            assertThat(allSoFar(monitor)).contains(new NetworkEvent.Address(1));
            netlink.addRoute(new IpRoute(EVERYWHERE, 52, IpRoute.Action.LINK, 1));
            netlink.addRoute(new IpRoute(IpPrefix.parse("fd00::/64"), 52, IpRoute.Action.LINK, 1));
            assertThat(allSoFar(monitor))
                .contains(new NetworkEvent.Route(52, true), new NetworkEvent.Route(52, false));
            netlink.addRule(new IpRule(false, 5270, 0, 0, 52));
            netlink.addRule(new IpRule(true, 5271, 0, 0, 52));
            assertThat(allSoFar(monitor))
                .contains(new NetworkEvent.Rule(5270), new NetworkEvent.Rule(5271));
          }
        });
  }

  @Test
  void whatItCouldNotTakeInTimeIsSaidToBeMissed() throws Exception {
    OwnNamespace.run(
        () -> {
          try (NetworkMonitor monitor = NetworkMonitor.open();
              Netlink netlink = Netlink.open()) {
            IpRoute route = new IpRoute(EVERYWHERE, 52, IpRoute.Action.LINK, 1);
            for (int i = 0; i < 2000; i++) {
              netlink.addRoute(route);
              netlink.removeRoute(route);
            }
            assertThat(allSoFar(monitor)).contains(new NetworkEvent.Missed());
            netlink.addRoute(route);
            assertThat(allSoFar(monitor)).contains(new NetworkEvent.Route(52, true));
          }
        });
  }

  @Test
  void closingItEndsTheWait() throws Exception {
    NetworkMonitor monitor = NetworkMonitor.open();
    Thread.ofVirtual().start(monitor::close);
    assertThatThrownBy(
            () -> {
              while (true) {
                monitor.await(-1);
              }
            })
        .isInstanceOf(ClosedDescriptorException.class);
  }

  @Test
  void anyBytesAreReadWithinTheirBounds() {
    Random random = new Random(3);
    for (int round = 0; round < 50_000; round++) {
      byte[] bytes = new byte[16 + random.nextInt(60)];
      random.nextBytes(bytes);
      ByteBuffer.wrap(bytes)
          .order(ByteOrder.nativeOrder())
          .putInt(0, random.nextInt(10) == 0 ? random.nextInt() : bytes.length)
          .putShort(4, (short) (16 + random.nextInt(20)));
      assertThat(NetworkEvent.parse(bytes, bytes.length)).hasSizeLessThanOrEqualTo(6);
    }
  }
}
