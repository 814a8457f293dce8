package org.tailjar.launcher;

import io.avaje.jsonb.Json;
import io.avaje.jsonb.Json.Property;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Who has an address, as the incumbent's LocalAPI writes it. */
@Json
public record WhoIsDocument(
    @Property("Node") Node node, @Property("UserProfile") StatusDocument.User userProfile) {

  /** The node, in the form of the control protocol. */
  @Json
  public record Node(
      @Property("ID") long id,
      @Property("StableID") String stableId,
      @Property("Name") String name,
      @Property("User") long user,
      @Property("Key") String key,
      @Property("Addresses") List<String> addresses,
      @Property("AllowedIPs") List<String> allowedIps,
      @Property("Hostinfo") HostInfo hostInfo,
      @Property("ComputedName") String computedName,
      @Property("Tags") @Nullable List<String> tags) {}

  /** What the node says of its system. */
  @Json
  public record HostInfo(@Property("OS") String os, @Property("Hostname") String hostname) {}
}
