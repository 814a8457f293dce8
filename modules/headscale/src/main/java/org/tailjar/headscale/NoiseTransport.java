package org.tailjar.headscale;

import org.tailjar.crypto.MachinePublicKey;

/**
 * What a handshake leaves behind: the two directions of a Noise session, each used by one thread.
 *
 * @param peer who is at the other end
 * @param handshakeHash the 32 bytes that name the session
 * @param sender what this side seals
 * @param receiver what this side opens
 */
public record NoiseTransport(
    MachinePublicKey peer, byte[] handshakeHash, NoiseSender sender, NoiseReceiver receiver) {}
