package org.tailjar.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tailjar.tailnet.Secret;

class KeyFileTests {
  @TempDir private Path directory;

  @Test
  void theKeyIsTrimmedAndReadAgainEachTime() throws IOException {
    var path = directory.resolve("key");
    var file = new KeyFile(path);
    Files.writeString(path, "  first\n");
    assertThat(file.read()).contains(Secret.of("first"));
    Files.writeString(path, "second\r\n");
    assertThat(file.read()).contains(Secret.of("second"));
  }

  @Test
  void aFileThatHoldsNoKeyIsToldByItsNameAlone() throws IOException {
    var path = directory.resolve("key");
    assertThatThrownBy(new KeyFile(path)::read).hasMessage(path + " does not exist");
    Files.writeString(path, " \n");
    assertThatThrownBy(new KeyFile(path)::read).hasMessage(path + " is empty");
    Files.writeString(path, "one\ntwo");
    assertThatThrownBy(new KeyFile(path)::read).hasMessage(path + " holds more than one auth key");
    Files.writeString(path, "x".repeat(5000));
    assertThatThrownBy(new KeyFile(path)::read)
        .hasMessage(path + " is too large to be an auth key");
    assertThatThrownBy(new KeyFile(directory)::read).hasMessageStartingWith(directory.toString());
  }
}
