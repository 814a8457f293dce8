package org.tailjar.headscale;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What became of the time at which a key expires.
 *
 * @param time the new one; null when the key does not expire any more, which Go's zero time says
 */
public record KeyExpiry(@Nullable Instant time) {}
