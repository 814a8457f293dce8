/**
 * What the RX thread and those that send share: the send counter, the publication of a session, and
 * the end of its keys. Each class is a test of jcstress, which runs its actors at once, millions of
 * times; {@code scripts/stress} starts them.
 */
package org.tailjar.wireguard;
