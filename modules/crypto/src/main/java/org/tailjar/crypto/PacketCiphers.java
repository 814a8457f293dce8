package org.tailjar.crypto;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The implementations of {@link Aead} that work on this machine:
 *
 * <ul>
 *   <li>{@code avx512}: {@code intrinsic}, and for batches machine code of our own. Needs a
 *       processor with AVX-512 and IFMA, and {@code --enable-native-access=org.tailjar.crypto}.
 *   <li>{@code intrinsic}: the JDK's private vectorised ChaCha20 and a Poly1305 of our own or the
 *       JDK's. Needs {@code --add-opens=java.base/com.sun.crypto.provider=org.tailjar.crypto}, and
 *       for the JDK's Poly1305 {@code
 *       --add-exports=java.base/sun.security.util.math=org.tailjar.crypto}.
 *   <li>{@code openssl}: {@code libcrypto.so.3}. Needs the library and {@code
 *       --enable-native-access=org.tailjar.crypto}.
 *   <li>{@code jce}: the JDK's public cipher, which is always there.
 * </ul>
 *
 * <p>Each is given a known-answer test when it is first asked for; one that fails it is not
 * offered. What is not asked for is not loaded, because that takes longer than the test.
 *
 * <p>The choice follows the processor and is not measured at start: code of the JVM reaches its
 * speed after some ten thousand packets, so a measurement of milliseconds would decide by chance
 * and most often against it. The benchmarks measure it.
 */
public final class PacketCiphers {

  /**
   * System property with the name of the back end to use, such as {@code openssl}, instead of the
   * one that is thought best.
   */
  public static final String PROPERTY = "tailjar.cipher";

  private static final System.Logger LOG = System.getLogger("org.tailjar.crypto");

  /** Fills {@link #TESTED}; the best first. */
  private static final Map<String, Supplier<@Nullable Aead>> LOADERS =
      order(Processor.hasAvx512Ifma() && JdkPoly1305.isPresent());

  /** What was loaded and tested so far; empty for what does not work. */
  private static final Map<String, Optional<Aead>> TESTED = new LinkedHashMap<>();

  private PacketCiphers() {}

  /** All that work here, the one to be preferred first; never empty. */
  public static List<Aead> available() {
    List<Aead> found = new ArrayList<>();
    for (String name : LOADERS.keySet()) {
      tested(name).ifPresent(found::add);
    }
    return List.copyOf(found);
  }

  /**
   * The one to use: what {@link #PROPERTY} says, or else the best that works.
   *
   * @throws IllegalArgumentException if the property names a back end that is not available
   */
  public static Aead choose() {
    String wanted = System.getProperty(PROPERTY, "");
    if (!wanted.isEmpty()) {
      return byName(wanted);
    }
    for (String name : LOADERS.keySet()) {
      Optional<Aead> aead = tested(name);
      if (aead.isPresent()) {
        return aead.get();
      }
    }
    throw new IllegalStateException("this Java's ChaCha20-Poly1305 gives wrong answers");
  }

  /**
   * The one of this name.
   *
   * @throws IllegalArgumentException if there is none, or it does not work on this machine
   */
  public static Aead byName(String name) {
    return tested(name)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no packet cipher \""
                        + name
                        + "\" on this machine; there are: "
                        + available()));
  }

  /**
   * The order of preference. With vector code for both halves the JVM is a quarter faster than
   * OpenSSL on packets; with ChaCha20's alone it is not, and processors without AVX-512 were
   * measured only by switching it off.
   */
  static Map<String, Supplier<@Nullable Aead>> order(boolean jvmHasVectorCode) {
    Map<String, Supplier<@Nullable Aead>> order = new LinkedHashMap<>();
    if (jvmHasVectorCode) {
      order.put(Avx512Aead.NAME, Avx512Aead::load);
      order.put(IntrinsicAead.NAME, IntrinsicAead::load);
      order.put(OpenSslAead.NAME, OpenSslAead::load);
    } else {
      order.put(OpenSslAead.NAME, OpenSslAead::load);
      order.put(IntrinsicAead.NAME, IntrinsicAead::load);
    }
    order.put(JceAead.NAME, JceAead::new);
    return order;
  }

  private static synchronized Optional<Aead> tested(String name) {
    return TESTED.computeIfAbsent(name, PacketCiphers::loadAndTest);
  }

  private static Optional<Aead> loadAndTest(String name) {
    Supplier<@Nullable Aead> loader = LOADERS.get(name);
    Aead candidate = loader == null ? null : loader.get();
    if (candidate == null) {
      return Optional.empty();
    }
    if (!KnownAnswer.isGivenBy(candidate)) {
      LOG.log(
          Level.WARNING,
          "The packet cipher {0} gives wrong answers on this machine and is not used",
          name);
      return Optional.empty();
    }
    return Optional.of(candidate);
  }
}
