package org.tailjar.crypto;

import java.util.List;

/** The implementations of {@link Aead} that work on this machine. */
public final class PacketCiphers {

  private static final List<Aead> AVAILABLE = List.of(new JceAead());

  private PacketCiphers() {}

  /** All that work here, the one to be preferred first; never empty. */
  public static List<Aead> available() {
    return AVAILABLE;
  }

  /** The one to use. */
  public static Aead choose() {
    return AVAILABLE.getFirst();
  }

  /**
   * The one of this name.
   *
   * @throws IllegalArgumentException if there is none, or it does not work on this machine
   */
  public static Aead byName(String name) {
    return AVAILABLE.stream()
        .filter(aead -> aead.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no packet cipher '" + name + "' here, only " + AVAILABLE));
  }
}
