/** The packet path between a packet device and the paths to peers. */
package org.tailjar.dataplane;
