package org.tailjar.headscale;

import io.avaje.jsonb.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.DiscoPublicKey;
import org.tailjar.crypto.NodePublicKey;

/**
 * The body of {@code POST /machine/map}.
 *
 * @param version the capability version
 * @param compress how answers are compressed; empty for plain JSON
 * @param keepAlive whether the server sends keepalives
 * @param nodeKey who asks
 * @param discoKey this process's DISCO key
 * @param stream whether answers go on for ever
 * @param hostinfo what the node says of itself
 * @param endpoints where the node may be reached directly, as ip:port
 * @param endpointTypes what each endpoint is, see {@link EndpointType}
 * @param omitPeers whether this is only an update of the server
 */
@Json
public record MapRequest(
    @Json.Property("Version") int version,
    @Json.Property("Compress") String compress,
    @Json.Property("KeepAlive") boolean keepAlive,
    @Json.Property("NodeKey") NodePublicKey nodeKey,
    @Json.Property("DiscoKey") DiscoPublicKey discoKey,
    @Json.Property("Stream") boolean stream,
    @Json.Property("Hostinfo") Hostinfo hostinfo,
    @Json.Property("Endpoints") @Nullable List<String> endpoints,
    @Json.Property("EndpointTypes") @Nullable List<Integer> endpointTypes,
    @Json.Property("OmitPeers") boolean omitPeers) {

  /** Makes the collections unmodifiable. */
  public MapRequest {
    endpoints = Copies.of(endpoints);
    endpointTypes = Copies.of(endpointTypes);
  }
}
