/** The control protocol: from a server URL to an immutable network map. */
package org.tailjar.headscale;
