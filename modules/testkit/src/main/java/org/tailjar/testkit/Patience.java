package org.tailjar.testkit;

import java.time.Duration;

/**
 * How long the control server waits.
 *
 * @param offlineGrace from the end of a node's map stream until its peers see it offline
 * @param ephemeralTimeout from then until it is deleted, if it is ephemeral
 */
record Patience(Duration offlineGrace, Duration ephemeralTimeout) {}
