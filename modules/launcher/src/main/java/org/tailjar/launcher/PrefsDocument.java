package org.tailjar.launcher;

import io.avaje.jsonb.Json;
import io.avaje.jsonb.Json.Property;
import java.util.List;

/**
 * The settings as the incumbent's LocalAPI writes them: those that this node has, and fixed values
 * for the others.
 */
@Json
public record PrefsDocument(
    @Property("ControlURL") String controlUrl,
    @Property("RouteAll") boolean routeAll,
    @Property("ExitNodeID") String exitNodeId,
    @Property("ExitNodeIP") String exitNodeIp,
    @Property("CorpDNS") boolean corpDns,
    @Property("RunSSH") boolean runSsh,
    @Property("WantRunning") boolean wantRunning,
    @Property("LoggedOut") boolean loggedOut,
    @Property("ShieldsUp") boolean shieldsUp,
    @Property("AdvertiseTags") List<String> advertiseTags,
    @Property("Hostname") String hostname,
    @Property("AdvertiseRoutes") List<String> advertiseRoutes,
    @Property("NetfilterMode") int netfilterMode) {}
