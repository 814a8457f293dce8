package org.tailjar.headscale;

import io.avaje.jsonb.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A rule of the packet filter: who may reach what.
 *
 * @param srcIps "*", addresses, ranges a-b, or prefixes
 * @param srcBits prefix lengths of the sources, from old servers
 * @param dstPorts the destinations
 * @param ipProto IP protocols; empty: TCP, UDP and ICMP
 * @param capGrant attributes granted instead of packets
 */
@Json
public record FilterRuleWire(
    @Json.Property("SrcIPs") List<String> srcIps,
    @Json.Property("SrcBits") @Nullable List<Integer> srcBits,
    @Json.Property("DstPorts") @Nullable List<NetPortRange> dstPorts,
    @Json.Property("IPProto") @Nullable List<Integer> ipProto,
    @Json.Property("CapGrant") @Nullable List<CapGrantWire> capGrant) {

  /** Makes the collections unmodifiable; what a server leaves out is empty. */
  public FilterRuleWire {
    srcIps = Copies.orEmpty(srcIps);
    srcBits = Copies.of(srcBits);
    dstPorts = Copies.of(dstPorts);
    ipProto = Copies.of(ipProto);
    capGrant = Copies.of(capGrant);
  }
}
