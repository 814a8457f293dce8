package org.tailjar.headscale;

import java.time.Duration;
import org.tailjar.crypto.DiscoPublicKey;
import org.tailjar.crypto.MachinePrivateKey;
import org.tailjar.transport.Dialer;

/**
 * What a {@link ControlClient} needs to know.
 *
 * @param serverUrl the control server
 * @param dialer how to reach it
 * @param machineKey this machine's identity; survives logout
 * @param hostinfo what the node says of itself until {@link ControlClient#updateLocal}
 * @param discoKey this process's DISCO key
 * @param version the program's version, which goes into the Hostinfo where it has none
 * @param timings how long to wait
 */
public record ControlConfig(
    ServerUrl serverUrl,
    Dialer dialer,
    MachinePrivateKey machineKey,
    Hostinfo hostinfo,
    DiscoPublicKey discoKey,
    String version,
    Timings timings) {

  /**
   * How long to wait.
   *
   * @param connect for each step of a connection: TCP and TLS, upgrade and handshake
   * @param request for the answer to a registration or an update
   * @param watchdog for anything at all on the map stream; Headscale sends a sign of life every 50
   *     to 60 s
   * @param settled how long a map stream has to live until the next failure counts as the first
   */
  public record Timings(Duration connect, Duration request, Duration watchdog, Duration settled) {

    /** What fits the Internet: 10 s, 30 s, 120 s and 30 s. */
    public static final Timings DEFAULT =
        new Timings(
            Duration.ofSeconds(10),
            Duration.ofSeconds(30),
            Duration.ofSeconds(120),
            Duration.ofSeconds(30));
  }

  /** A configuration with the default timings. */
  public ControlConfig(
      ServerUrl serverUrl,
      Dialer dialer,
      MachinePrivateKey machineKey,
      Hostinfo hostinfo,
      DiscoPublicKey discoKey,
      String version) {
    this(serverUrl, dialer, machineKey, hostinfo, discoKey, version, Timings.DEFAULT);
  }
}
