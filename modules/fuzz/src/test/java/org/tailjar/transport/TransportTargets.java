package org.tailjar.transport;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.tailjar.fuzz.FuzzTarget;

/** The file of certificate authorities. */
public final class TransportTargets {

  private static final Path FILE = file();

  private TransportTargets() {}

  /** The targets. */
  public static List<FuzzTarget> all() {
    return List.of(new FuzzTarget("ca-file", TransportTargets::seeds, TransportTargets::read));
  }

  private static Path file() {
    try {
      Path file = Files.createTempFile("tailjar-fuzz", ".pem");
      file.toFile().deleteOnExit();
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<byte[]> seeds() {
    String body = Base64.getMimeEncoder().encodeToString(new byte[] {48, 6, 48, 1, 2, 1, 0, 5, 0});
    return Stream.of(
            "-----BEGIN CERTIFICATE-----\n" + body + "\n-----END CERTIFICATE-----\n",
            "-----BEGIN PKCS7-----\n" + body + "\n-----END PKCS7-----\n",
            "0\u0003\u0002\u0001\u0000")
        .map(text -> text.getBytes(StandardCharsets.ISO_8859_1))
        .toList();
  }

  private static void read(byte[] bytes) throws IOException {
    Files.write(FILE, bytes);
    try {
      TrustedAuthorities.verifying(FILE);
    } catch (IOException e) {
      String message = String.valueOf(e.getMessage());
      if (message.chars().anyMatch(Character::isISOControl)) {
        throw new AssertionError("a message of several lines", e);
      }
    }
  }
}
