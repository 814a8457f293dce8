package org.tailjar.crypto;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The implementations of {@link Aead} that work on this machine. Each is given a known-answer test
 * when this class is first used; one that fails it is not offered.
 */
public final class PacketCiphers {

  /**
   * System property with the name of the back end to use, such as {@code openssl}, instead of the
   * one that is found to be best.
   */
  public static final String PROPERTY = "tailjar.cipher";

  private static final System.Logger LOG = System.getLogger("org.tailjar.crypto");

  private static final List<Aead> AVAILABLE = findAvailable();

  private PacketCiphers() {}

  /** All that work here, the one to be preferred first; never empty. */
  public static List<Aead> available() {
    return AVAILABLE;
  }

  /**
   * The one to use: what {@link #PROPERTY} says, or else the first of {@link #available()}.
   *
   * @throws IllegalArgumentException if the property names a back end that is not available
   */
  public static Aead choose() {
    String wanted = System.getProperty(PROPERTY, "");
    return wanted.isEmpty() ? AVAILABLE.getFirst() : byName(wanted);
  }

  /**
   * The one of this name.
   *
   * @throws IllegalArgumentException if there is none, or it does not work on this machine
   */
  public static Aead byName(String name) {
    for (Aead aead : AVAILABLE) {
      if (aead.name().equals(name)) {
        return aead;
      }
    }
    String names = AVAILABLE.stream().map(Aead::name).collect(Collectors.joining(", "));
    throw new IllegalArgumentException(
        "no packet cipher \"" + name + "\" on this machine; there are: " + names);
  }

  private static List<Aead> findAvailable() {
    List<Aead> found = new ArrayList<>();
    addIfRight(found, IntrinsicAead.load());
    addIfRight(found, OpenSslAead.load());
    addIfRight(found, new JceAead());
    if (found.isEmpty()) {
      throw new IllegalStateException("this Java's ChaCha20-Poly1305 gives wrong answers");
    }
    return List.copyOf(found);
  }

  private static void addIfRight(List<Aead> found, @Nullable Aead candidate) {
    if (candidate == null) {
      return;
    }
    if (KnownAnswer.isGivenBy(candidate)) {
      found.add(candidate);
    } else {
      LOG.log(
          Level.WARNING,
          "The packet cipher {0} gives wrong answers on this machine and is not used",
          candidate.name());
    }
  }
}
