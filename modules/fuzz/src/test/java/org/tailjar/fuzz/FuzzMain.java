package org.tailjar.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What {@code scripts/fuzz} needs besides Jazzer: {@code list}, {@code seeds DIRECTORY} (a
 * directory for each target), {@code replay TARGET FILE}, and {@code sort FINDINGS FILE}.
 */
public final class FuzzMain {

  private FuzzMain() {}

  /** Runs one of the commands above. */
  public static void main(String[] arguments) throws Exception {
    switch (arguments[0]) {
      case "list" -> FuzzTargets.all().forEach(target -> System.out.println(target.name()));
      case "seeds" -> writeSeeds(Path.of(arguments[1]));
      case "sort" -> FuzzTargets.sort(Path.of(arguments[1]), Path.of(arguments[2]));
      case "replay" ->
          FuzzTargets.named(arguments[1]).check().accept(Files.readAllBytes(Path.of(arguments[2])));
      default -> throw new IllegalArgumentException("no command " + arguments[0]);
    }
  }

  private static void writeSeeds(Path directory) throws Exception {
    List<FuzzTarget> targets = new ArrayList<>(FuzzTargets.all());
    targets.add(FuzzTargets.together());
    for (FuzzTarget target : targets) {
      write(Files.createDirectories(directory.resolve(target.name())), target.seeds().get());
    }
  }

  private static void write(Path directory, List<byte[]> seeds) throws IOException {
    for (int i = 0; i < seeds.size(); i++) {
      Files.write(directory.resolve("seed-%03d".formatted(i)), seeds.get(i));
    }
  }
}
