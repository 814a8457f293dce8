package org.tailjar.magicsock;

import org.jspecify.annotations.Nullable;
import org.tailjar.packet.Path;

/**
 * How packets to a peer go now.
 *
 * @param first where every packet goes
 * @param second where each packet goes as well, while it is not known whether the first still works
 */
public record Route(Path first, @Nullable Path second) {}
