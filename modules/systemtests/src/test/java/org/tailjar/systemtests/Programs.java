package org.tailjar.systemtests;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Programs of others that tests and benchmarks start, and where a user gets them. */
public final class Programs {

  /** Debian's packages, where the program is not called as its package. */
  private static final Map<String, String> PACKAGES =
      Map.ofEntries(
          Map.entry("ip", "iproute2"),
          Map.entry("ss", "iproute2"),
          Map.entry("nft", "nftables"),
          Map.entry("ping", "iputils-ping"),
          Map.entry("wg", "wireguard-tools"),
          Map.entry("unshare", "util-linux"),
          Map.entry("setpriv", "util-linux"),
          Map.entry("getent", "libc-bin"));

  /** Those that Debian does not have, or not as they are needed. */
  private static final Map<String, String> PAGES =
      Map.of(
          "headscale", "https://github.com/juanfont/headscale/releases",
          "tailscaled", "https://tailscale.com/download/linux",
          "tailscale", "https://tailscale.com/download/linux",
          "boringtun-cli", "cargo install boringtun-cli");

  private Programs() {}

  /** One line that names those of the programs that are not on PATH, and how to install them. */
  public static Optional<String> missing(String... programs) {
    return advice(
        Arrays.stream(programs).filter(program -> Shell.find(program).isEmpty()).toList());
  }

  /** The same for programs that are known to be missing; nothing for none. */
  static Optional<String> advice(List<String> missing) {
    if (missing.isEmpty()) {
      return Optional.empty();
    }
    List<String> parts = new ArrayList<>(List.of("not on PATH: " + String.join(", ", missing)));
    String packages =
        missing.stream()
            .filter(program -> !PAGES.containsKey(program))
            .map(program -> PACKAGES.getOrDefault(program, program))
            .distinct()
            .collect(Collectors.joining(" "));
    if (!packages.isEmpty()) {
      parts.add("on Debian: apt-get install " + packages);
    }
    missing.stream()
        .filter(PAGES::containsKey)
        .forEach(program -> parts.add(program + ": " + PAGES.get(program)));
    return Optional.of(String.join("; ", parts));
  }
}
