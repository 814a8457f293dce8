/**
 * The WireGuard protocol with no I/O and no clock of its own. {@link
 * org.tailjar.wireguard.WireGuard} is one end with its {@link org.tailjar.wireguard.Peer}s and
 * belongs to one thread; any thread seals with a {@link org.tailjar.wireguard.Session}.
 */
package org.tailjar.wireguard;
