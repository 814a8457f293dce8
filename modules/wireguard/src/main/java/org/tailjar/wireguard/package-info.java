/** The WireGuard protocol with no I/O and no clock of its own. */
package org.tailjar.wireguard;
