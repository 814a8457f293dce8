package org.tailjar.tailnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tailjar.tailnet.NodeIdentity.MalformedException;

class StateDirectoryTests {

  @TempDir Path temporary;

  @Test
  void whatIsSavedIsThereInTheNextLife() throws Exception {
    Path directory = temporary.resolve("a/b");
    NodeIdentity identity = NodeIdentity.generate("http://hs");
    try (StateDirectory state = StateDirectory.open(directory)) {
      assertThat(state.load()).isEmpty();
      state.save(NodeIdentity.generate("http://other"));
      state.save(identity);
    }
    try (StateDirectory state = StateDirectory.open(directory)) {
      assertThat(state.load()).contains(identity);
    }
  }

  @Test
  void onlyTheOwnerMayReadIt() throws Exception {
    try (StateDirectory state = StateDirectory.open(temporary.resolve("s"))) {
      state.save(NodeIdentity.generate("http://hs"));
    }
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(temporary.resolve("s"))))
        .isEqualTo("rwx------");
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(temporary.resolve("s/tailjar.state"))))
        .isEqualTo("rw-------");
  }

  @Test
  void aDirectoryInUseIsRefused() {
    try (StateDirectory first = StateDirectory.open(temporary)) {
      assertThatThrownBy(() -> StateDirectory.open(temporary))
          .isInstanceOfSatisfying(
              StartException.class,
              e ->
                  assertThat(e.failure())
                      .isInstanceOf(StartFailure.StateDirectoryNotWritable.class));
      assertThat(first).isNotNull();
    }
  }

  @Test
  void aPlaceThatCannotHoldADirectoryIsRefused() {
    assertThatThrownBy(() -> StateDirectory.open(Path.of("/proc/none")))
        .isInstanceOfSatisfying(
            StartException.class,
            e ->
                assertThat(e.failure()).isInstanceOf(StartFailure.StateDirectoryNotWritable.class));
  }

  @Test
  void aDamagedStateIsReportedAndKept() throws Exception {
    Files.writeString(temporary.resolve("tailjar.state"), "tailjar-state 1\nserver x\n");
    try (StateDirectory state = StateDirectory.open(temporary)) {
      assertThatThrownBy(state::load).isInstanceOf(MalformedException.class);
    }
    assertThat(temporary.resolve("tailjar.state")).hasContent("tailjar-state 1\nserver x\n");
  }
}
