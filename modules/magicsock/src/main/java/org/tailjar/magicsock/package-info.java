/** Paths to peers: UDP sockets, STUN, DISCO, and the choice between direct and relay. */
package org.tailjar.magicsock;
