package org.tailjar.tailnet;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.tailjar.packet.InMemoryDevice;
import org.tailjar.packet.IpPrefix;
import org.tailjar.packet.PacketDevice;

/** Where the node's packets come from, with what the system must know so that they do. */
sealed interface PacketInterface extends AutoCloseable
    permits TunInterface, PacketInterface.InMemory {

  /**
   * Opens it as configured.
   *
   * @throws StartException when this system or its privileges do not allow that
   */
  static PacketInterface open(NodeConfig config) {
    return switch (config.device()) {
      case TUN -> TunInterface.open(config);
      case MEMORY -> new InMemory(new InMemoryDevice(config.interfaceName(), config.mtu()));
    };
  }

  /** The packets. */
  PacketDevice device();

  /** Whether another one can take its place; if not, it is the embedding program's. */
  boolean renewable();

  /** The name of the interface in the system; empty when it is not one. */
  Optional<String> systemName();

  /**
   * Gives it these addresses and routes and no others.
   *
   * @param addresses of this node, single ones
   * @param routes what is sent to peers
   * @return whether anything was otherwise
   */
  boolean configure(List<IpPrefix> addresses, List<IpPrefix> routes) throws IOException;

  /** Takes back everything. */
  @Override
  void close();

  /** A device of this process alone. */
  record InMemory(PacketDevice device) implements PacketInterface {

    @Override
    public boolean renewable() {
      return false;
    }

    @Override
    public Optional<String> systemName() {
      return Optional.empty();
    }

    @Override
    public boolean configure(List<IpPrefix> addresses, List<IpPrefix> routes) {
      return false; // nobody but the embedding program sees this device
    }

    @Override
    public void close() {
      device.close();
    }
  }
}
