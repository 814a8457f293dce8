package org.tailjar.tailnet;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tailjar.packet.IpPrefix;
import org.tailjar.packet.PacketDevice;
import org.tailjar.tun.Router;
import org.tailjar.tun.RouterConfig;
import org.tailjar.tun.TunConfig;
import org.tailjar.tun.TunDevice;
import org.tailjar.tun.TunException;

/** A TUN interface of the kernel with its addresses, routes and rules. */
final class TunInterface implements PacketInterface {

  private final TunDevice device;
  private final Router router;

  private TunInterface(TunDevice device, Router router) {
    this.device = device;
    this.router = router;
  }

  static TunInterface open(NodeConfig config) {
    TunDevice device;
    try {
      device = TunDevice.open(tun(config));
    } catch (TunException e) {
      throw new StartException(failure(e, config), e);
    }
    try {
      // What a process left behind that was killed would send the packets of this one astray.
      Router.cleanUp();
      return new TunInterface(device, Router.open(device.name()));
    } catch (IOException e) {
      device.close();
      throw new StartException(new StartFailure.NoNetAdmin(), e);
    }
  }

  private static TunConfig tun(NodeConfig config) {
    Set<Offload> without = config.withoutOffloads();
    return TunConfig.of(config.interfaceName(), config.mtu())
        .without(without.contains(Offload.TUN), without.contains(Offload.TUN_UDP))
        .withQueues(PacketThreads.eachWay());
  }

  private static StartFailure failure(TunException e, NodeConfig config) {
    return switch (e.kind()) {
      case NOT_PERMITTED -> new StartFailure.NoNetAdmin();
      case NAME_IN_USE -> new StartFailure.InterfaceBusy(config.interfaceName());
      // What to do about it is the launcher's to say.
      case NO_DEVICE -> new StartFailure.NoTunDevice("no such file");
      case DEVICE_REFUSED -> new StartFailure.NoTunDevice("permission denied");
      case BAD_NAME, OTHER -> new StartFailure.NoTunDevice(String.valueOf(e.getMessage()));
    };
  }

  @Override
  public PacketDevice device() {
    return device;
  }

  @Override
  public boolean renewable() {
    return true;
  }

  @Override
  public Optional<String> systemName() {
    return Optional.of(device.name());
  }

  @Override
  public boolean configure(List<IpPrefix> addresses, List<IpPrefix> routes) throws IOException {
    return router.apply(
        new RouterConfig(new HashSet<>(addresses), new HashSet<>(routes), device.mtu()));
  }

  @Override
  public void close() {
    router.close();
    device.close();
  }
}
