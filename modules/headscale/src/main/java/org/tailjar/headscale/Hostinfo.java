package org.tailjar.headscale;

import io.avaje.jsonb.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a node says of itself.
 *
 * @param ipnVersion the version of the program
 * @param os the operating system, "linux"
 * @param osVersion its version
 * @param container whether it runs in a container
 * @param distro the distribution
 * @param distroVersion its version
 * @param hostname the name that it asks for
 * @param shieldsUp whether it lets nobody in
 * @param machine the processor as uname names it
 * @param routableIps routes that it offers, as prefixes
 * @param requestTags tags that it asks for
 * @param services what it offers to peers
 * @param netInfo its view of the network
 * @param sshHostKeys SSH host keys
 * @param userspace whether it has no TUN device
 */
@Json
public record Hostinfo(
    @Json.Property("IPNVersion") @Nullable String ipnVersion,
    @Json.Property("OS") @Nullable String os,
    @Json.Property("OSVersion") @Nullable String osVersion,
    @Json.Property("Container") @Nullable Boolean container,
    @Json.Property("Distro") @Nullable String distro,
    @Json.Property("DistroVersion") @Nullable String distroVersion,
    @Json.Property("Hostname") @Nullable String hostname,
    @Json.Property("ShieldsUp") @Nullable Boolean shieldsUp,
    @Json.Property("Machine") @Nullable String machine,
    @Json.Property("RoutableIPs") @Nullable List<String> routableIps,
    @Json.Property("RequestTags") @Nullable List<String> requestTags,
    @Json.Property("Services") @Nullable List<Service> services,
    @Json.Property("NetInfo") @Nullable NetInfo netInfo,
    @Json.Property("sshHostKeys") @Nullable List<String> sshHostKeys,
    @Json.Property("Userspace") @Nullable Boolean userspace) {

  /** Makes the collections unmodifiable. */
  public Hostinfo {
    routableIps = Copies.of(routableIps);
    requestTags = Copies.of(requestTags);
    services = Copies.of(services);
    sshHostKeys = Copies.of(sshHostKeys);
  }

  /** The least: a Linux node of that name, all else unknown. */
  public static Hostinfo of(String hostname) {
    return new Hostinfo(
        null, "linux", null, null, null, null, hostname, null, null, null, null, null, null, null,
        null);
  }

  /** The same with the program's version. */
  public Hostinfo withVersion(@Nullable String version) {
    return new Hostinfo(
        version,
        os,
        osVersion,
        container,
        distro,
        distroVersion,
        hostname,
        shieldsUp,
        machine,
        routableIps,
        requestTags,
        services,
        netInfo,
        sshHostKeys,
        userspace);
  }

  /** The same with another view of the network. */
  public Hostinfo withNetInfo(@Nullable NetInfo info) {
    return new Hostinfo(
        ipnVersion,
        os,
        osVersion,
        container,
        distro,
        distroVersion,
        hostname,
        shieldsUp,
        machine,
        routableIps,
        requestTags,
        services,
        info,
        sshHostKeys,
        userspace);
  }
}
