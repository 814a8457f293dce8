package org.tailjar.launcher;

import io.avaje.jsonb.Json;
import io.avaje.jsonb.Json.Property;
import java.util.List;
import org.jspecify.annotations.Nullable;

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
    @Property("AdvertiseTags") @Nullable List<String> advertiseTags,
    @Property("Hostname") String hostname,
    @Property("AdvertiseRoutes") @Nullable List<String> advertiseRoutes,
    @Property("NetfilterMode") int netfilterMode,
    @Property("Config") @Nullable Account account) {

  /** Whose node this is; without it the incumbent takes a node for one that never logged in. */
  @Json
  public record Account(@Property("UserProfile") StatusDocument.User userProfile) {}
}
