package org.tailjar.magicsock;

import java.net.InetSocketAddress;

/**
 * A STUN server of a DERP region, resolved.
 *
 * @param regionId the region whose latency it stands for
 * @param address where it listens
 */
record StunTarget(int regionId, InetSocketAddress address) {}
