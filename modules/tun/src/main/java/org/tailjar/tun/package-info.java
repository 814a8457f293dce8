/** The TUN device with its offloads, addresses, routes and rules. */
package org.tailjar.tun;
