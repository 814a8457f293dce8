/**
 * The program behind {@code scripts/profile}: two nodes under load, and where their time goes by
 * the JVM's Flight Recorder and by perf.
 */
@NullMarked
package org.tailjar.systemtests.profile;

import org.jspecify.annotations.NullMarked;
