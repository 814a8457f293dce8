package org.tailjar.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Messages recorded from a real Headscale: the test resources of the module that parses them. */
public final class Recorded {

  private static final Path DIRECTORY =
      Path.of(System.getProperty("tailjar.root", "../.."))
          .resolve("modules/headscale/src/test/resources/org/tailjar/headscale/real");

  private Recorded() {}

  /** The messages whose file's name begins so, in the order of the names. */
  public static List<byte[]> messages(String prefix) throws IOException {
    try (Stream<Path> files = Files.list(DIRECTORY)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith(prefix))
          .sorted()
          .map(Recorded::read)
          .toList();
    }
  }

  private static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
