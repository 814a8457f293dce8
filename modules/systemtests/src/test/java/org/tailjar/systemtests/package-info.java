/**
 * Tests of the linked runtime as a user runs it: in network namespaces that the tests make, against
 * a real headscale and a real tailscaled where those are on PATH.
 */
@NullMarked
package org.tailjar.systemtests;

import org.jspecify.annotations.NullMarked;
