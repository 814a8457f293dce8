package org.tailjar.tailnet;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A file system of 64 KB in memory, to be filled or to be mounted read-only. */
final class SmallDisk implements AutoCloseable {

  private final Path place;

  private SmallDisk(Path place) {
    this.place = place;
  }

  /** Mounts it, or skips the test by name. */
  static SmallDisk at(Path place) throws IOException, InterruptedException {
    boolean mounted = run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place.toString());
    assumeTrue(mounted, "needs the right to mount a file system");
    return new SmallDisk(place);
  }

  /** Leaves no room for a byte. */
  void fill() throws IOException {
    try (var out = Files.newOutputStream(place.resolve("filler"))) {
      byte[] page = new byte[4096];
      while (true) {
        out.write(page);
      }
    } catch (IOException e) {
      if (!String.valueOf(e.getMessage()).contains("No space left")) {
        throw e;
      }
    }
  }

  void makeRoom() throws IOException {
    Files.delete(place.resolve("filler"));
  }

  void makeReadOnly() throws IOException, InterruptedException {
    if (!run("mount", "-o", "remount,ro", place.toString())) {
      throw new IOException("cannot be mounted read-only");
    }
  }

  private static boolean run(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(List.of(command))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor()
        == 0;
  }

  @Override
  public void close() throws IOException {
    try {
      run("umount", place.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
