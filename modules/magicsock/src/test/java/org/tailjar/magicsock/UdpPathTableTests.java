package org.tailjar.magicsock;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.linux.UdpAddress;

class UdpPathTableTests {

  private final UdpPathTable table = new UdpPathTable();

  private static UdpAddress address(int port) {
    return UdpAddress.of(0, 0x0000_ffff_0a00_0001L, port);
  }

  @Test
  void anAddressHasOnePath() {
    UdpPath path = table.find(address(1));
    assertThat(table.find(address(2))).isNotSameAs(path);
    assertThat(table.find(address(1))).isSameAs(path);
  }

  @Test
  void aFloodOfStrangersNeitherFillsTheTableNorDisplacesAPeersPath() {
    Endpoint peer = () -> NodePrivateKey.generate().publicKey();
    UdpPath path = table.find(address(1));
    table.owned(path, peer);
    for (int port = 2; port < 10_000; port++) {
      table.find(address(port));
    }
    assertThat(table.size()).isLessThanOrEqualTo(UdpPathTable.MAX_STRANGERS + 1);
    assertThat(table.find(address(1))).isSameAs(path);
  }

  @Test
  void aPeerThatComesFromEverNewAddressesDoesNotFillTheTable() {
    Endpoint peer = () -> NodePrivateKey.generate().publicKey();
    for (int port = 1; port < 60_000; port++) {
      table.owned(table.find(address(port)), peer);
    }
    assertThat(table.size()).isLessThanOrEqualTo(UdpPathTable.MAX_PATHS);
  }

  @Test
  void thePathsOfAPeerThatLeftAreForgotten() {
    Endpoint peer = () -> NodePrivateKey.generate().publicKey();
    UdpPath path = table.find(address(1));
    table.owned(path, peer);
    table.retain(owner -> owner == peer);
    assertThat(table.find(address(1))).isSameAs(path);
    table.retain(owner -> false);
    assertThat(table.find(address(1))).isNotSameAs(path);
  }
}
