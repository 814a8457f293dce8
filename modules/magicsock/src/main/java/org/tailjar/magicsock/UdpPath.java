package org.tailjar.magicsock;

import java.net.InetSocketAddress;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.tailjar.linux.UdpAddress;
import org.tailjar.packet.Path;

/** Straight to an address by UDP; one object for each address. */
final class UdpPath implements Path {

  private final UdpAddress address;
  private final InetSocketAddress socketAddress;

  /** Whose address it is, as far as is known; set by the first RX thread. */
  private volatile @Nullable Endpoint peer;

  UdpPath(UdpAddress address) {
    this.address = address;
    socketAddress = address.toInetSocketAddress();
  }

  @Override
  public int headroom() {
    return 0;
  }

  @Override
  public byte[] source() {
    byte[] ip = socketAddress.getAddress().getAddress();
    int port = socketAddress.getPort();
    byte[] source = Arrays.copyOf(ip, ip.length + Short.BYTES);
    source[ip.length] = (byte) (port >>> 8);
    source[ip.length + 1] = (byte) port;
    return source;
  }

  UdpAddress address() {
    return address;
  }

  InetSocketAddress socketAddress() {
    return socketAddress;
  }

  @Nullable Endpoint peer() {
    return peer;
  }

  void peer(Endpoint owner) {
    peer = owner;
  }

  @Override
  public String toString() {
    return address.toString();
  }
}
