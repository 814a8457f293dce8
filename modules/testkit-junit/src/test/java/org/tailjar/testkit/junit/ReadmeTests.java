package org.tailjar.testkit.junit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ReadmeTests {

  private static final Path ROOT = Path.of(System.getProperty("tailjar.root", "../.."));
  private static final Path SAMPLE =
      Path.of("modules/testkit-junit/src/test/java/org/tailjar/testkit/junit/GreetingTests.java");

  @Test
  void theSampleInTheReadmeIsATestThatRuns() throws IOException {
    String sample = Files.readString(ROOT.resolve(SAMPLE));
    String body = sample.substring(sample.indexOf("@WithTailnet"));
    assertThat(Files.readString(ROOT.resolve("README.md"))).contains("```java\n" + body + "```");
  }
}
