package org.tailjar.testkit.junit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Whether this process may make a TUN interface. */
final class TunPermission {

  private static final Path DEVICE = Path.of("/dev/net/tun");
  private static final String CAPABILITIES = "CapEff:";
  private static final int CAP_NET_ADMIN = 12;

  private TunPermission() {}

  /** What it lacks; null when it may. */
  static @Nullable String missing() {
    if (!Files.isWritable(DEVICE)) {
      return DEVICE.toString();
    }
    return hasNetAdmin() ? null : "the capability NET_ADMIN";
  }

  private static boolean hasNetAdmin() {
    try {
      return Files.readAllLines(Path.of("/proc/self/status")).stream()
          .filter(line -> line.startsWith(CAPABILITIES))
          .map(line -> line.substring(CAPABILITIES.length()).strip())
          .anyMatch(bits -> (Long.parseUnsignedLong(bits, 16) >> CAP_NET_ADMIN & 1) == 1);
    } catch (IOException e) {
      return false;
    }
  }
}
