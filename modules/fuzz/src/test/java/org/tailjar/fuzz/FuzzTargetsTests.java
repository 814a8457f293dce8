package org.tailjar.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Without Jazzer: what every target does with its seeds, their mutants, and all old findings. */
class FuzzTargetsTests {

  private static final int MUTANTS_PER_SEED = 200;

  static Stream<FuzzTarget> targets() {
    return FuzzTargets.all().stream();
  }

  @ParameterizedTest
  @MethodSource("targets")
  void theSeedsAndTheirMutantsAreHandled(FuzzTarget target) throws Exception {
    List<byte[]> seeds = target.seeds().get();
    assertThat(seeds).isNotEmpty();
    Random random = new Random(target.name().hashCode());
    target.check().accept(new byte[0]);
    for (byte[] seed : seeds) {
      target.check().accept(seed);
      for (int i = 0; i < MUTANTS_PER_SEED; i++) {
        target.check().accept(mutant(seed, random));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("targets")
  void whatWasFoundOnceIsFoundNoMore(FuzzTarget target) throws Exception {
    for (Path finding : findings(target)) {
      target.check().accept(Files.readAllBytes(finding));
    }
  }

  private static List<Path> findings(FuzzTarget target) throws IOException {
    Path directory =
        Path.of(System.getProperty("tailjar.root", "../.."), "modules/fuzz/findings")
            .resolve(target.name());
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return new ArrayList<>(files.sorted().toList());
    }
  }

  private static byte[] mutant(byte[] seed, Random random) {
    int length = random.nextInt(4) == 0 ? random.nextInt(seed.length + 1) : seed.length;
    byte[] mutant = Arrays.copyOf(seed, length);
    for (int changes = random.nextInt(4); changes > 0 && length > 0; changes--) {
      int at = random.nextInt(length);
      if (random.nextBoolean()) {
        mutant[at] ^= (byte) (1 << random.nextInt(8));
      } else {
        mutant[at] = (byte) random.nextInt(256);
      }
    }
    return mutant;
  }
}
