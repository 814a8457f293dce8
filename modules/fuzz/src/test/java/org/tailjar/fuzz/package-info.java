/** Fuzzing of every parser of what comes from a network, a file or the environment. */
@NullMarked
package org.tailjar.fuzz;

import org.jspecify.annotations.NullMarked;
