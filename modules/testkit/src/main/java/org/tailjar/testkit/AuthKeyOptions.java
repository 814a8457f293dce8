package org.tailjar.testkit;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a pre-auth key is good for.
 *
 * @param reusable whether more than one node may join with it
 * @param ephemeral whether its nodes are deleted when they log out, and some time after they went
 *     offline
 * @param tags what its nodes are tagged with, such as {@code tag:web}
 * @param expiry until when it is good; null for ever
 */
public record AuthKeyOptions(
    boolean reusable, boolean ephemeral, List<String> tags, @Nullable Instant expiry) {

  /** For any number of nodes, which stay. */
  public static final AuthKeyOptions REUSABLE = new AuthKeyOptions(true, false, List.of(), null);

  /** For one node, which stays. */
  public static final AuthKeyOptions ONCE = new AuthKeyOptions(false, false, List.of(), null);

  /** For any number of nodes, which go with their logout, or some time after they went offline. */
  public static final AuthKeyOptions EPHEMERAL = new AuthKeyOptions(true, true, List.of(), null);

  /** Copies the tags. */
  public AuthKeyOptions {
    tags = List.copyOf(tags);
  }

  /** The same, with these tags, such as {@code tag:web}. */
  public AuthKeyOptions tagged(String... tags) {
    return new AuthKeyOptions(reusable, ephemeral, List.of(tags), expiry);
  }

  /** The same, good until then. */
  public AuthKeyOptions until(Instant expiry) {
    return new AuthKeyOptions(reusable, ephemeral, tags, expiry);
  }
}
