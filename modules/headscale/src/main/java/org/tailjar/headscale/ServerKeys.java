package org.tailjar.headscale;

import io.avaje.jsonb.Json;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.MachinePublicKey;

/**
 * The answer of {@code GET /key}.
 *
 * @param publicKey the server's Noise key
 */
@Json
public record ServerKeys(@Json.Property("publicKey") @Nullable MachinePublicKey publicKey) {}
