package org.tailjar.derp;

import java.util.OptionalInt;

/**
 * One server of a DERP region, as the network map names it.
 *
 * @param name unique in the map, such as {@code 999a}
 * @param regionId the region that it belongs to
 * @param hostName DNS name or IP literal; also the name in its certificate
 * @param certName another name to expect in the certificate, or {@code sha256-raw:} and the hash of
 *     the certificate; empty for {@code hostName}
 * @param ipv4 IPv4 literal to dial instead of resolving; empty to resolve, {@code none} for no IPv4
 * @param ipv6 the same for IPv6
 * @param stunPort UDP port of STUN; 0 means 3478, negative means that there is none
 * @param stunOnly whether it relays nothing
 * @param derpPort TCP port of DERP; 0 means 443
 * @param insecureForTests whether its certificate is not to be checked
 */
public record DerpNode(
    String name,
    int regionId,
    String hostName,
    String certName,
    String ipv4,
    String ipv6,
    int stunPort,
    boolean stunOnly,
    int derpPort,
    boolean insecureForTests) {

  /** The value of {@link #ipv4()} or {@link #ipv6()} that rules the family out. */
  public static final String NO_ADDRESS = "none";

  private static final int DEFAULT_DERP_PORT = 443;
  private static final int DEFAULT_STUN_PORT = 3478;

  /** The TCP port to connect to. */
  public int tcpPort() {
    return derpPort == 0 ? DEFAULT_DERP_PORT : derpPort;
  }

  /** The UDP port that answers STUN; empty when none does. */
  public OptionalInt udpPort() {
    if (stunPort < 0) {
      return OptionalInt.empty();
    }
    return OptionalInt.of(stunPort == 0 ? DEFAULT_STUN_PORT : stunPort);
  }
}
