package org.tailjar.launcher;

import io.avaje.jsonb.Json;
import io.avaje.jsonb.Json.Property;

/** The answer to a ping as the incumbent's LocalAPI writes it. */
@Json
public record PingDocument(
    @Property("IP") String ip,
    @Property("NodeIP") String nodeIp,
    @Property("NodeName") String nodeName,
    @Property("Err") String error,
    @Property("LatencySeconds") double latencySeconds,
    @Property("Endpoint") String endpoint,
    @Property("DERPRegionID") int derpRegionId,
    @Property("DERPRegionCode") String derpRegionCode,
    @Property("IsLocalIP") boolean isLocalIp) {}
