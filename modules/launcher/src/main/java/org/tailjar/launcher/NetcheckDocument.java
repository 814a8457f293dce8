package org.tailjar.launcher;

import io.avaje.jsonb.Json;
import io.avaje.jsonb.Json.Property;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the node last measured of the network, in the form of the incumbent's report. What this node
 * does not measure (port mapping, captive portals) is absent.
 *
 * @param mappingVaries absent when not known
 * @param regionLatency nanoseconds by region number
 * @param globalV4 where the fastest relay saw this node, empty when none did
 */
@Json
public record NetcheckDocument(
    @Property("Now") String now,
    @Property("UDP") boolean udp,
    @Property("IPv6") boolean ipv6,
    @Property("IPv4") boolean ipv4,
    @Property("OSHasIPv6") boolean osHasIpv6,
    @Property("MappingVariesByDestIP") @Nullable Boolean mappingVaries,
    @Property("PreferredDERP") int preferredDerp,
    @Property("RegionLatency") Map<String, Long> regionLatency,
    @Property("GlobalV4") String globalV4,
    @Property("GlobalV6") String globalV6) {}
