package org.tailjar.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is in dist/tailjar, and that its AOT cache is used. */
class LinkedRuntimeTests {

  private static final long MEGABYTE = 1_000_000;

  @TempDir private Path directory;

  @BeforeEach
  void built() {
    Requirements.needLinkedRuntime();
  }

  /** With {@code AOTMode=on} a JVM that cannot map its cache does not start. */
  @Test
  void theCacheMapsUnderTheOptionsOfTheLauncher() {
    Path classes = directory.resolve("classes");
    tailjarWith("-XX:AOTMode=on -Xlog:class+load:file=" + classes, "version").succeeded();
    assertThat(read(classes))
        .contains("org.tailjar.launcher.Main source: shared objects file")
        .contains("io.netty.handler.codec.http2.Http2FrameCodec source: shared objects file");
  }

  /** An archived module graph and linked classes are what makes the start short. */
  @Test
  void theCacheHasLinkedClassesAndTheModuleGraph() {
    String log = tailjarWith("-XX:AOTMode=on -Xlog:aot,module", "version").succeeded().output();
    assertThat(log)
        .contains("Using AOT-linked classes: true")
        .contains("full module graph: enabled");
  }

  @Test
  void theCacheMapsInAContainerOf128Megabytes() {
    try (MemoryGroup group = MemoryGroup.ofMegabytes(128)) {
      List<String> line =
          group.inside(
              List.of(
                  "env",
                  "_JAVA_OPTIONS=-XX:AOTMode=on",
                  LinkedRuntime.launcher().toString(),
                  "version"));
      Shell.run(line.toArray(String[]::new)).succeeded();
    }
  }

  @Test
  void thePrintedVersionIsAllThatIsPrinted() {
    assertThat(Shell.run(LinkedRuntime.launcher().toString(), "version").succeeded().output())
        .matches("[0-9]+\\.[0-9]+\\.[0-9]+\\S*");
  }

  @Test
  void theLauncherFindsItsRuntimeThroughLinks() throws IOException {
    Path first =
        Files.createSymbolicLink(directory.resolve("a"), LinkedRuntime.launcher().toAbsolutePath());
    Path nested = Files.createDirectory(directory.resolve("d"));
    Path second = Files.createSymbolicLink(nested.resolve("b"), Path.of("..", "a"));
    assertThat(first).isExecutable();
    Shell.run(second.toString(), "version").succeeded();
  }

  @Test
  void noModuleIsThereThatIsNotNeeded() {
    String modules = Shell.run(java(), "--list-modules").succeeded().output();
    assertThat(modules.lines().map(line -> line.replaceFirst("@.*", "")))
        .contains("org.tailjar.launcher", "com.sun.jna", "org.bouncycastle.provider")
        .doesNotContain(
            "java.desktop", "java.sql", "java.naming", "java.xml", "jdk.compiler", "jdk.jlink");
  }

  @Test
  void thePublicAuthoritiesAreTrusted() throws Exception {
    KeyStore authorities = KeyStore.getInstance(KeyStore.getDefaultType());
    try (InputStream in = Files.newInputStream(home().resolve("lib/security/cacerts"))) {
      authorities.load(in, null);
    }
    assertThat(authorities.size()).isGreaterThan(100);
  }

  @Test
  void itsSizeIsBelow95Megabytes() throws IOException {
    try (Stream<Path> files = Files.walk(home())) {
      assertThat(files.filter(Files::isRegularFile).mapToLong(LinkedRuntimeTests::size).sum())
          .isLessThan(95 * MEGABYTE);
    }
  }

  private static Path home() {
    return LinkedRuntime.home();
  }

  private static String java() {
    return home().resolve("bin/java").toString();
  }

  /** The launcher, with options that come after its own. */
  private static Shell.Result tailjarWith(String options, String command) {
    return Shell.run(
        List.of("env", "_JAVA_OPTIONS=" + options, LinkedRuntime.launcher().toString(), command)
            .toArray(String[]::new));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
