package org.tailjar.headscale;

import io.avaje.jsonb.Json;

/**
 * What the server tells every client to do.
 *
 * @param sleepSeconds how long to wait before the next message
 */
@Json
public record Debug(@Json.Property("SleepSeconds") double sleepSeconds) {}
