package org.tailjar.tailnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tailjar.crypto.DiscoPrivateKey;
import org.tailjar.tailnet.NodeIdentity.MalformedException;

/** What time, disks and people do to the state directory. */
class StateDamageTests {

  private static final String SERVER = "http://hs.example";
  private static final AuthKeySource KEY = AuthKeySource.of(Secret.of("k"));

  @TempDir Path directory;

  private final NodeIdentity identity = NodeIdentity.generate(SERVER).asRegistered();

  private Path file() {
    return directory.resolve("tailjar.state");
  }

  private NodeIdentity settle() {
    try (StateDirectory state = StateDirectory.open(directory)) {
      return StartIdentity.settle(state, SERVER, KEY);
    }
  }

  private static Stream<byte[]> cutAnywhere(byte[] whole) {
    return IntStream.range(0, whole.length).mapToObj(length -> Arrays.copyOf(whole, length));
  }

  private static Stream<byte[]> withAnyBitFlipped(byte[] whole) {
    return IntStream.range(0, 8 * whole.length)
        .mapToObj(
            bit -> {
              byte[] damaged = whole.clone();
              damaged[bit / 8] ^= (byte) (1 << (bit % 8));
              return damaged;
            });
  }

  private void refusedAndKept(StateDirectory state, byte[] content, String reason)
      throws IOException {
    Files.write(file(), content);
    assertThatThrownBy(() -> StartIdentity.settle(state, SERVER, KEY))
        .isInstanceOfSatisfying(
            StartException.class,
            e ->
                assertThat(e.failure())
                    .isInstanceOfSatisfying(
                        StartFailure.StateUnreadable.class,
                        why -> {
                          assertThat(why.file()).isEqualTo(file());
                          assertThat(why.reason()).contains(reason).doesNotContain("\n");
                        }));
    assertThat(Files.readAllBytes(file())).isEqualTo(content);
  }

  @Test
  void aStateCutAtAnyByteIsRefusedAndNeverReplacedByANewNode() throws Exception {
    byte[] whole = identity.encode();
    try (StateDirectory state = StateDirectory.open(directory)) {
      for (byte[] damaged : cutAnywhere(whole).toList()) {
        refusedAndKept(state, damaged, "it ");
      }
    }
  }

  @Test
  void aStateWithAnyBitFlippedIsRefusedAndNeverReplacedByANewNode() throws Exception {
    byte[] whole = identity.encode();
    try (StateDirectory state = StateDirectory.open(directory)) {
      for (byte[] damaged : withAnyBitFlipped(whole).toList()) {
        refusedAndKept(state, damaged, "it");
      }
    }
  }

  @Test
  void aStateOfANewerVersionIsRefusedByNameAndKept() throws Exception {
    byte[] newer =
        new String(identity.encode(), StandardCharsets.UTF_8)
            .replaceFirst("^tailjar-state 1\n", "tailjar-state 2\n")
            .getBytes(StandardCharsets.UTF_8);
    try (StateDirectory state = StateDirectory.open(directory)) {
      refusedAndKept(state, newer, "version 2, and this program knows version 1 only");
    }
  }

  @Test
  void aStateThatIsNoRegularFileIsRefused() throws Exception {
    Files.createDirectory(file());
    assertThatThrownBy(this::settle)
        .isInstanceOfSatisfying(
            StartException.class,
            e -> assertThat(e.failure()).isInstanceOf(StartFailure.StateUnreadable.class));
  }

  @Test
  void aStateLongerThanAnyIsRefusedBeforeItFillsTheMemory() throws Exception {
    try (StateDirectory state = StateDirectory.open(directory)) {
      refusedAndKept(state, new byte[NodeIdentity.MAX_SIZE + 1], "longer than");
    }
  }

  @Test
  void aFullDiskKeepsTheOldStateAndMakesNoRoomUnusable() throws Exception {
    try (SmallDisk disk = SmallDisk.at(directory);
        StateDirectory state = StateDirectory.open(directory)) {
      state.save(identity);
      state.saveMap(new byte[10]);
      disk.fill();

      assertThatThrownBy(() -> state.save(NodeIdentity.generate(SERVER)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("No space left");
      assertThatThrownBy(() -> state.saveMap(new byte[5000])).isInstanceOf(IOException.class);

      assertThat(state.load()).contains(identity);
      assertThat(state.loadMap().orElseThrow().json()).isEqualTo(new byte[10]);
      assertThat(names()).doesNotContain("tailjar.state.new", "netmap.json.new");
      disk.makeRoom();
      NodeIdentity next = NodeIdentity.generate(SERVER);
      state.save(next);
      assertThat(state.load()).contains(next);
    }
  }

  @Test
  void aNodeThatIsKeptStartsOnAFullDisk() throws Exception {
    try (SmallDisk disk = SmallDisk.at(directory)) {
      try (StateDirectory state = StateDirectory.open(directory)) {
        state.save(identity);
      }
      disk.fill();
      assertThat(settle()).isEqualTo(identity);
      assertThat(names()).doesNotContain("tailjar.state.new");
    }
  }

  @Test
  void aFirstStartOnAFullDiskIsRefused() throws Exception {
    try (SmallDisk disk = SmallDisk.at(directory)) {
      disk.fill();
      notWritable("No space left");
    }
  }

  @Test
  void aReadOnlyDirectoryIsRefused() throws Exception {
    try (SmallDisk disk = SmallDisk.at(directory)) {
      try (StateDirectory state = StateDirectory.open(directory)) {
        state.save(identity);
      }
      disk.makeReadOnly();
      notWritable("Read-only file system");
    }
  }

  private void notWritable(String reason) {
    assertThatThrownBy(this::settle)
        .isInstanceOfSatisfying(
            StartException.class,
            e ->
                assertThat(e.failure())
                    .isInstanceOfSatisfying(
                        StartFailure.StateDirectoryNotWritable.class,
                        why -> assertThat(why.reason()).contains(reason)));
  }

  @Test
  void aLinkToADirectoryIsFollowed() throws Exception {
    Path real = Files.createDirectory(directory.resolve("real"));
    Path link = Files.createSymbolicLink(directory.resolve("link"), real);
    try (StateDirectory state = StateDirectory.open(link)) {
      state.save(identity);
      assertThatThrownBy(() -> StateDirectory.open(real))
          .isInstanceOfSatisfying(
              StartException.class,
              e -> assertThat(e.failure()).isInstanceOf(StartFailure.StateDirectoryInUse.class));
    }
    try (StateDirectory state = StateDirectory.open(real)) {
      assertThat(state.load()).contains(identity);
    }
  }

  @Test
  void aLinkToNothingAndAFileAreNoDirectory() throws Exception {
    Path link = Files.createSymbolicLink(directory.resolve("link"), directory.resolve("nothing"));
    Path file = Files.createFile(directory.resolve("file"));
    for (Path none : List.of(link, file, file.resolve("below"))) {
      assertThatThrownBy(() -> StateDirectory.open(none))
          .isInstanceOfSatisfying(
              StartException.class,
              e ->
                  assertThat(e.failure())
                      .isInstanceOfSatisfying(
                          StartFailure.StateDirectoryNotWritable.class,
                          why -> assertThat(why.reason()).doesNotContain("/")));
    }
  }

  @Test
  void aSavedMapCutAtAnyByteOrWithAnyBitFlippedIsNoMap() throws Exception {
    byte[] json = "{\"Node\":{\"ID\":1,\"Name\":\"a.\"}}".getBytes(StandardCharsets.UTF_8);
    byte[] whole = MapFile.encode(json);
    assertThat(MapFile.decode(whole)).isEqualTo(json);
    cutAnywhere(whole).forEach(StateDamageTests::noMap);
    withAnyBitFlipped(whole).forEach(StateDamageTests::noMap);
    noMap(json);
  }

  @Test
  void aDiscoKeyCutAtAnyByteOrWithAnyBitFlippedIsNoKeyAndIsNotShown() throws Exception {
    DiscoPrivateKey key = DiscoPrivateKey.generate();
    byte[] whole = DiscoKeyFile.encode(key);
    assertThat(DiscoKeyFile.decode(whole)).isEqualTo(key);
    cutAnywhere(whole).forEach(StateDamageTests::noKey);
    withAnyBitFlipped(whole).forEach(StateDamageTests::noKey);
    noKey(new FileFormat("tailjar-disco", 1).wrap("privkey:00".getBytes(StandardCharsets.UTF_8)));
    noKey(new FileFormat("tailjar-disco", 2).wrap(new byte[32]));
  }

  private static void noKey(byte[] content) {
    assertThatThrownBy(() -> DiscoKeyFile.decode(content))
        .isInstanceOf(MalformedException.class)
        .message()
        .doesNotContain("\n", "privkey");
  }

  private static void noMap(byte[] content) {
    assertThatThrownBy(() -> MapFile.decode(content))
        .isInstanceOf(MalformedException.class)
        .message()
        .doesNotContain("\n");
  }

  private List<String> names() throws IOException {
    try (var files = Files.list(directory)) {
      return files.map(path -> path.getFileName().toString()).toList();
    }
  }
}
