package org.tailjar.tailnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.atomic.AtomicReference;
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
  void theIdentityAndTheMapMayBeSavedAtOnce() throws Exception {
    NodeIdentity identity = NodeIdentity.generate("http://hs");
    byte[] map = "a map".getBytes(StandardCharsets.UTF_8);
    AtomicReference<IOException> failure = new AtomicReference<>();
    try (StateDirectory state = StateDirectory.open(temporary)) {
      Thread other =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      for (int i = 0; i < 200; i++) {
                        state.saveMap(map);
                      }
                    } catch (IOException e) {
                      failure.set(e);
                    }
                  });
      for (int i = 0; i < 200; i++) {
        state.save(identity);
        assertThat(state.load()).contains(identity);
      }
      other.join();
      assertThat(state.loadMap().orElseThrow().json()).isEqualTo(map);
    }
    assertThat(failure.get()).isNull();
  }

  @Test
  void theIdentityOfAnotherServerIsKeptAside() throws Exception {
    NodeIdentity one = NodeIdentity.generate("https://one");
    NodeIdentity other = NodeIdentity.generate("https://other");
    try (StateDirectory state = StateDirectory.open(temporary)) {
      state.setAside(one);
      state.save(other);
    }
    try (StateDirectory state = StateDirectory.open(temporary)) {
      assertThat(state.loadAside("https://one")).contains(one);
      assertThat(state.loadAside("https://other")).isEmpty();
      assertThat(state.load()).contains(other);
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
              e -> assertThat(e.failure()).isInstanceOf(StartFailure.StateDirectoryInUse.class));
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
