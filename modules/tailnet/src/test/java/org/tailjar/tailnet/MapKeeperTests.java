package org.tailjar.tailnet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tailjar.crypto.DiscoPrivateKey;
import org.tailjar.headscale.MapResponse;
import org.tailjar.headscale.NetworkMap;
import org.tailjar.headscale.WireJson;

class MapKeeperTests {

  private static final String SERVER = "http://hs.example";
  private static final DiscoPrivateKey DISCO_KEY = DiscoPrivateKey.generate();

  @TempDir Path directory;

  private final NodeIdentity identity = NodeIdentity.generate(SERVER).asRegistered();

  private static NetworkMap map(NodeIdentity who, String domain) throws IOException {
    String json =
        "{\"Node\":{\"ID\":1,\"Name\":\"a.\",\"Key\":\"%s\"},\"Domain\":\"%s\"}"
            .formatted(who.nodeKey().publicKey().text(), domain);
    return NetworkMap.of(
        WireJson.decode(MapResponse.class, json.getBytes(StandardCharsets.UTF_8)), Instant.now());
  }

  private static void save(StateStore state, NetworkMap... maps) {
    MapKeeper keeper = new MapKeeper(state, DISCO_KEY);
    for (NetworkMap map : maps) {
      keeper.keep(map);
    }
    keeper.close(Deadline.in(Duration.ofMinutes(1)));
  }

  @Test
  void theLastMapIsThereInTheNextLifeWithTheTimeOfItsSaving() throws Exception {
    Instant before = Instant.now().minusSeconds(2);
    try (StateDirectory state = StateDirectory.open(directory)) {
      save(state, map(identity, "first"), map(identity, "last"));
    }
    try (StateDirectory state = StateDirectory.open(directory)) {
      MapKeeper.Kept kept = MapKeeper.load(state, identity).orElseThrow();
      assertThat(kept.map().domain()).isEqualTo("last");
      assertThat(kept.formerDiscoKey()).contains(DISCO_KEY);
      assertThat(kept.savedAt()).isBetween(before, Instant.now().plusSeconds(2));
      Instant earlier = Instant.parse("2026-01-02T03:04:05Z");
      Files.setLastModifiedTime(directory.resolve("netmap.json"), FileTime.from(earlier));
      assertThat(MapKeeper.load(state, identity).orElseThrow().savedAt()).isEqualTo(earlier);
    }
  }

  @Test
  void theDiscoKeyIsForgottenWithTheMapAndForNobodyElseToRead() throws Exception {
    try (StateDirectory state = StateDirectory.open(directory)) {
      save(state, map(identity, ""));
      assertThat(Files.getPosixFilePermissions(directory.resolve("disco.key")))
          .isEqualTo(PosixFilePermissions.fromString("rw-------"));
      state.forgetMap();
      assertThat(state.loadDiscoKey()).isEmpty();
    }
  }

  @Test
  void aDiscoKeyThatIsDamagedIsAStartByTheMapAlone() throws Exception {
    try (StateDirectory state = StateDirectory.open(directory)) {
      save(state, map(identity, "kept"));
      Files.writeString(directory.resolve("disco.key"), "x");
      MapKeeper.Kept kept = MapKeeper.load(state, identity).orElseThrow();
      assertThat(kept.map().domain()).isEqualTo("kept");
      assertThat(kept.formerDiscoKey()).isEmpty();
    }
  }

  @Test
  void theMapOfAnotherNodeIsNotUsed() throws Exception {
    try (StateDirectory state = StateDirectory.open(directory)) {
      save(state, map(NodeIdentity.generate("http://other.example"), ""));
      assertThat(MapKeeper.load(state, identity)).isEmpty();
    }
  }

  @Test
  void theMapOfAnEarlierNodeKeyIsNotUsed() throws Exception {
    try (StateDirectory state = StateDirectory.open(directory)) {
      save(state, map(identity, ""));
      assertThat(MapKeeper.load(state, identity.withFreshNodeKey(SERVER).asRegistered())).isEmpty();
    }
  }

  @Test
  void aNodeThatIsNotRegisteredHasNoMap() throws Exception {
    try (StateDirectory state = StateDirectory.open(directory)) {
      save(state, map(identity, ""));
      assertThat(MapKeeper.load(state, identity.asUnregistered())).isEmpty();
    }
  }

  @Test
  void aMapCutAtAnyByteIsAStartWithoutIt() throws Exception {
    Path file = directory.resolve("netmap.json");
    try (StateDirectory state = StateDirectory.open(directory)) {
      save(state, map(identity, ""));
      byte[] whole = Files.readAllBytes(file);
      for (int length = 0; length < whole.length; length += 7) {
        Files.write(file, Arrays.copyOf(whole, length));
        assertThat(MapKeeper.load(state, identity)).as("first %d bytes", length).isEmpty();
      }
      Files.delete(file);
      Files.createDirectory(file);
      assertThat(MapKeeper.load(state, identity)).isEmpty();
    }
  }

  @Test
  void aMapThatCouldNotBeSavedIsTriedAgain() throws Exception {
    try (SmallDisk disk = SmallDisk.at(directory);
        StateDirectory state = StateDirectory.open(directory)) {
      disk.fill();
      MapKeeper keeper = new MapKeeper(state, DISCO_KEY);
      keeper.keep(map(identity, "kept"));
      disk.makeRoom();
      keeper.close(Deadline.in(Duration.ofMinutes(1)));
      assertThat(MapKeeper.load(state, identity).orElseThrow().map().domain()).isEqualTo("kept");
    }
  }
}
