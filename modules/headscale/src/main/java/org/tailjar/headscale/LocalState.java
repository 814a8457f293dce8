package org.tailjar.headscale;

import java.util.List;
import org.tailjar.crypto.DiscoPublicKey;
import org.tailjar.crypto.NodePublicKey;

/**
 * What this node last said of itself.
 *
 * @param revision grows with each change
 * @param hostinfo with the NetInfo in it
 * @param endpoints as ip:port
 * @param endpointTypes one for each endpoint
 */
record LocalState(
    long revision, Hostinfo hostinfo, List<String> endpoints, List<EndpointType> endpointTypes) {

  LocalState {
    if (endpoints.size() != endpointTypes.size()) {
      throw new IllegalArgumentException("each endpoint needs its type");
    }
    endpoints = List.copyOf(endpoints);
    endpointTypes = List.copyOf(endpointTypes);
  }

  /** Whether the server would see no difference. */
  boolean sameAs(LocalState other) {
    return hostinfo.equals(other.hostinfo)
        && endpoints.equals(other.endpoints)
        && endpointTypes.equals(other.endpointTypes);
  }

  /** The request of a map stream, or of an update of the server. */
  byte[] mapRequest(NodePublicKey nodeKey, DiscoPublicKey discoKey, boolean stream) {
    return WireJson.encode(
        new MapRequest(
            ControlConnection.CAPABILITY_VERSION,
            "",
            stream,
            nodeKey,
            discoKey,
            stream,
            hostinfo,
            endpoints,
            endpointTypes.stream().map(EndpointType::code).toList(),
            !stream));
  }
}
