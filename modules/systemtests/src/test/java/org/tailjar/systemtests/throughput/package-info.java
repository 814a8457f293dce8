/**
 * The benchmark {@code scripts/bench throughput}: tunnels of every {@link Peer} that is found carry
 * each {@link Load} in turn, and what was measured is reported as tables, plots and JSON.
 */
@NullMarked
package org.tailjar.systemtests.throughput;

import org.jspecify.annotations.NullMarked;
