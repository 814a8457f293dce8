package org.tailjar.testkit;

import java.util.List;
import org.tailjar.headscale.FilterRuleWire;
import org.tailjar.headscale.NetPortRange;
import org.tailjar.headscale.PortRange;

/** Rules for {@link ControlServer#filter}, as a policy would give them. */
public final class FilterRules {

  private static final PortRange ALL_PORTS = new PortRange(0, 0xFFFF);

  private FilterRules() {}

  /**
   * Lets TCP, UDP and ICMP through.
   *
   * @param source an address, a prefix, or {@code *}
   * @param destination likewise
   */
  public static FilterRuleWire allow(String source, String destination) {
    return allow(source, destination, ALL_PORTS);
  }

  /**
   * Lets TCP and UDP to one port through.
   *
   * @param source an address, a prefix, or {@code *}
   * @param destination likewise
   */
  public static FilterRuleWire allow(String source, String destination, int port) {
    return allow(source, destination, new PortRange(port, port));
  }

  private static FilterRuleWire allow(String source, String destination, PortRange ports) {
    return new FilterRuleWire(
        List.of(source), null, List.of(new NetPortRange(destination, null, ports)), null, null);
  }
}
