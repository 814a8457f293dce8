package org.tailjar.dataplane;

import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.tailjar.crypto.Aead;
import org.tailjar.magicsock.Paths;
import org.tailjar.packet.PacketDevice;
import org.tailjar.wireguard.WireGuard;

/**
 * The receive side of a packet path, which all of its RX threads share: where packets come from,
 * what opens them, what lets them in, and where they go.
 *
 * @param device where they are written; each RX thread has a writer of its own
 * @param paths where they come from; each RX thread receives by a queue of its own
 * @param wireGuard the first RX thread's, but for what its Javadoc leaves to any RX thread
 * @param aead what its sessions are sealed with
 * @param table the table in force
 * @param closed whether the RX threads are to end
 */
record ReceiveSide(
    PacketDevice device,
    Paths paths,
    WireGuard wireGuard,
    Aead aead,
    Supplier<Links> table,
    BooleanSupplier closed) {}
