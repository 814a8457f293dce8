package org.tailjar.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.reflect.AccessFlag;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** JNA's native library as it ships, under the loader of musl, the C library of Alpine. */
class MuslTests {

  private static final Path MUSL =
      Path.of("/lib/ld-musl-" + System.getProperty("os.arch").replace("amd64", "x86_64") + ".so.1");

  @TempDir private Path directory;

  @BeforeEach
  void installed() {
    assumeTrue(Files.exists(MUSL), "needs musl's loader " + MUSL + " (Debian's package musl)");
  }

  @Test
  void everythingThatTheShippedLibraryImportsIsInMusl() throws IOException {
    ElfSymbols shipped = ElfSymbols.of(shipped());
    assertThat(shipped.imported()).contains("strdup").doesNotContain("__strdup");
    assertThat(ElfSymbols.of(MUSL).defined()).containsAll(shipped.imported());
  }

  @Test
  void everySystemCallThatTheNodeMakesIsInMusl() throws IOException {
    Shell.run(
            jdk("jimage"),
            "extract",
            "--dir",
            directory.toString(),
            "--include",
            "regex:/org.tailjar.linux/.*",
            shipped().resolveSibling("modules").toString())
        .succeeded();
    Path libc = directory.resolve("org.tailjar.linux/org/tailjar/linux/Libc.class");
    List<String> functions =
        ClassFile.of().parse(libc).methods().stream()
            .filter(method -> method.flags().has(AccessFlag.NATIVE))
            .map(method -> method.methodName().stringValue())
            .toList();
    assertThat(functions).contains("ioctl", "sendmsg");
    assertThat(ElfSymbols.of(MUSL).defined()).containsAll(functions);
  }

  @Test
  void muslLoadsTheShippedLibraryAndCallsItsFunctions() throws IOException {
    assertThat(call(shipped())).isEqualTo(new Shell.Result(0, "pointer 8, status 0, length 7"));
  }

  /** Should this fail, JNA has mended it, and the build need rename nothing. */
  @Test
  void muslDoesNotLoadTheLibraryThatJnaPublishes() throws IOException {
    String architecture = System.getProperty("os.arch").replace("amd64", "x86-64");
    Shell.Result result = call(published(architecture));
    assertThat(result.status()).isNotZero();
    assertThat(result.output()).contains("__strdup");
  }

  @ParameterizedTest
  @ValueSource(strings = {"x86-64", "aarch64"})
  void theRenamedLibraryOfEachArchitectureImportsNothingThatMuslLacks(String architecture)
      throws IOException {
    Path renamed = directory.resolve("renamed.so");
    assertThat(rename(published(architecture), renamed, "__strdup").status()).isZero();
    assertThat(ElfSymbols.of(MUSL).defined()).containsAll(ElfSymbols.of(renamed).imported());
    assertThat(ElfSymbols.of(renamed).imported())
        .hasSameSizeAs(ElfSymbols.of(published(architecture)).imported());
  }

  @Test
  void aSymbolThatIsNotThereFailsTheBuild() throws IOException {
    Shell.Result result = rename(published("x86-64"), directory.resolve("renamed.so"), "__xstrdup");
    assertThat(result.status()).isNotZero();
    assertThat(result.output()).contains("imports '__xstrdup' 0 times");
    assertThat(directory.resolve("renamed.so")).doesNotExist();
  }

  private Shell.Result call(Path library) throws IOException {
    assumeTrue(Shell.find("musl-gcc").isPresent(), "needs musl-gcc on PATH (Debian's musl-tools)");
    Path source = directory.resolve("call.c");
    try (InputStream in = MuslTests.class.getResourceAsStream("call.c")) {
      Files.write(source, in.readAllBytes());
    }
    Path program = directory.resolve("call");
    Shell.run("musl-gcc", "-Wall", "-Werror", "-o", program.toString(), source.toString())
        .succeeded();
    return Shell.run(program.toString(), library.toAbsolutePath().toString());
  }

  private static Shell.Result rename(Path from, Path to, String symbol) {
    Path tool = Path.of(System.getProperty("tailjar.root"), "scripts/lib/RenameSymbol.java");
    return Shell.run(
        jdk("java"), tool.toString(), from.toString(), to.toString(), symbol, "strdup");
  }

  private Path published(String architecture) throws IOException {
    Path file = directory.resolve(architecture + ".so");
    String name = "/com/sun/jna/linux-" + architecture + "/libjnidispatch.so";
    try (InputStream in = com.sun.jna.Native.class.getResourceAsStream(name)) {
      Files.write(file, in.readAllBytes());
    }
    return file;
  }

  private static Path shipped() {
    Requirements.needLinkedRuntime();
    return LinkedRuntime.launcher().resolve("../../lib/libjnidispatch.so").normalize();
  }

  private static String jdk(String program) {
    return Path.of(System.getProperty("java.home"), "bin", program).toString();
  }
}
