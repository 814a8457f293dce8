package org.tailjar.tailnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tailjar.crypto.MachinePrivateKey;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.tailnet.NodeIdentity.MalformedException;

/** The shapes are those that a tailscaled 1.102 left, joined to a headscale 0.29 and logged out. */
class IncumbentStateTests {

  private static final String SERVER = "http://10.77.0.1:8443";

  private final MachinePrivateKey machineKey = MachinePrivateKey.generate();
  private final NodePrivateKey nodeKey = NodePrivateKey.generate();

  @TempDir Path directory;

  private static byte[] file(Map<String, String> values) {
    return values.entrySet().stream()
        .map(
            entry ->
                "  \"%s\": \"%s\""
                    .formatted(
                        entry.getKey(),
                        Base64.getEncoder()
                            .encodeToString(entry.getValue().getBytes(StandardCharsets.UTF_8))))
        .collect(Collectors.joining(",\n", "{\n", "\n}"))
        .getBytes(StandardCharsets.UTF_8);
  }

  private Map<String, String> joined() {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("_current-profile", "profile-013d");
    values.put("_machinekey", machineKey.secretText());
    values.put(
        "_profiles",
        """
        {"013d":{"ID":"013d","Name":"u1","NetworkProfile":{"MagicDNSName":"example.ts",\
        "DomainName":"10.77.0.1","DisplayName":""},"Key":"profile-013d","UserProfile":{"ID":1,\
        "LoginName":"u1","DisplayName":"u1"},"NodeID":"1","LocalUserID":"",\
        "ControlURL":"http://10.77.0.1:8443","Created":"2026-11-23T20:37:13.016276057Z"}}\
        """);
    values.put("profile-013d", preferences(nodeKey.secretText(), false));
    return values;
  }

  private static String preferences(String nodeKey, boolean loggedOut) {
    return """
    {
    \t"ControlURL": "%s",
    \t"RouteAll": false,
    \t"ExitNodeID": "",
    \t"CorpDNS": false,
    \t"WantRunning": true,
    \t"LoggedOut": %s,
    \t"AdvertiseTags": null,
    \t"Hostname": "na",
    \t"AdvertiseServices": null,
    \t"NetfilterMode": 2,
    \t"AutoUpdate": {
    \t\t"Check": true,
    \t\t"Apply": false
    \t},
    \t"DriveShares": null,
    \t"Config": {
    \t\t"PrivateNodeKey": "%s",
    \t\t"OldPrivateNodeKey": "privkey:%s",
    \t\t"UserProfile": {
    \t\t\t"ID": 1,
    \t\t\t"LoginName": "u1",
    \t\t\t"DisplayName": "u1"
    \t\t},
    \t\t"NodeID": "1"
    \t}
    }\
    """
        .formatted(SERVER, loggedOut, nodeKey, "0".repeat(64));
  }

  private Optional<NodeIdentity> takeOver(String server) throws Exception {
    try (StateDirectory state = StateDirectory.open(directory)) {
      assertThat(state.load()).isEmpty();
      return state.takeOver(server);
    }
  }

  @Test
  void aJoinedNodeIsTakenOverAndItsFileUntouched() throws Exception {
    byte[] content = file(joined());
    Path file = Files.write(directory.resolve("tailscaled.state"), content);
    var time = Files.getLastModifiedTime(file);

    assertThat(takeOver(SERVER)).contains(new NodeIdentity(SERVER, machineKey, nodeKey, true));

    assertThat(file).hasBinaryContent(content);
    assertThat(Files.getLastModifiedTime(file)).isEqualTo(time);
  }

  @Test
  void aMapOfAnEarlierLifeIsForgotten() throws Exception {
    Files.write(directory.resolve("tailscaled.state"), file(joined()));
    Files.writeString(directory.resolve("netmap.json"), "{}");
    assertThat(takeOver(SERVER)).isPresent();
    assertThat(directory.resolve("netmap.json")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({
    "http://10.77.0.1:8443/, true",
    "HTTP://10.77.0.1:8443, true",
    "https://10.77.0.1:8443, false",
    "http://10.77.0.1, false",
    "http://10.77.0.1:8443/path, false",
    "http://hs.example:8443, false"
  })
  void onlyANodeOfTheSameServerIsTakenOver(String server, boolean taken) throws Exception {
    Files.write(directory.resolve("tailscaled.state"), file(joined()));
    assertThat(takeOver(server).isPresent()).isEqualTo(taken);
  }

  private Map<String, String> withSecondLogin(String profile, NodePrivateKey key, String server) {
    Map<String, String> values = joined();
    values.put(profile, preferences(key.secretText(), false).replace(SERVER, server));
    return values;
  }

  @Test
  void ofSeveralLoginsTheOneInUseIsTaken() throws Exception {
    Map<String, String> values = withSecondLogin("profile-beef", NodePrivateKey.generate(), SERVER);
    Files.write(directory.resolve("tailscaled.state"), file(values));
    assertThat(takeOver(SERVER).orElseThrow().nodeKey()).isEqualTo(nodeKey);
  }

  @Test
  void aLoginThatIsNotInUseIsTakenIfItAloneIsOfTheServer() throws Exception {
    NodePrivateKey other = NodePrivateKey.generate();
    String server = "https://other.example";
    Map<String, String> values = withSecondLogin("profile-beef", other, server);
    values.put("profile-0bad", "damaged");
    Files.write(directory.resolve("tailscaled.state"), file(values));
    assertThat(takeOver(server)).contains(new NodeIdentity(server, machineKey, other, true));
  }

  @Test
  void aLoginThatIsNotInUseIsTakenWhenTheOneInUseIsLoggedOut() throws Exception {
    NodePrivateKey other = NodePrivateKey.generate();
    Map<String, String> values = withSecondLogin("profile-beef", other, SERVER);
    values.remove("_current-profile");
    values.remove("profile-013d");
    assertThat(IncumbentState.decode(file(values), SERVER).nodeKey()).isEqualTo(other);
  }

  @Test
  void whichOfSeveralLoginsNotInUseIsMeantIsNotGuessed() {
    String server = "https://other.example";
    Map<String, String> values = withSecondLogin("profile-beef", NodePrivateKey.generate(), server);
    values.put("profile-cafe", values.get("profile-beef"));
    assertThatThrownBy(() -> IncumbentState.decode(file(values), server))
        .isInstanceOf(MalformedException.class)
        .hasMessage("it holds several nodes of " + server);
  }

  @Test
  void anEncryptedFileIsNamedAsSuch() {
    String sealed = "{\"key\":{\"Public\":\"AA==\"},\"nonce\":\"AA==\",\"data\":\"AA==\"}";
    assertThatThrownBy(() -> IncumbentState.decode(sealed.getBytes(StandardCharsets.UTF_8), SERVER))
        .isInstanceOf(MalformedException.class)
        .hasMessageContaining("encrypted");
  }

  @Test
  void ourOwnStateWinsOverTheIncumbents() throws Exception {
    Files.write(directory.resolve("tailscaled.state"), file(joined()));
    NodeIdentity own = NodeIdentity.generate(SERVER).asRegistered();
    try (StateDirectory state = StateDirectory.open(directory)) {
      state.save(own);
      assertThat(StartIdentity.settle(state, SERVER, AuthKeySource.none())).isEqualTo(own);
    }
  }

  @Test
  void aNodeWithoutAServerUrlIsOfNoUse() throws Exception {
    Map<String, String> values = joined();
    values.computeIfPresent("profile-013d", (key, text) -> text.replace(SERVER, ""));
    IncumbentState state = IncumbentState.decode(file(values));
    assertThat(state.belongsTo(SERVER)).isFalse();
    assertThat(state.serverName()).isEqualTo("another server");
  }

  @Test
  void aLoggedOutNodeIsNamedAsSuch() {
    Map<String, String> afterLogout = joined();
    afterLogout.remove("profile-013d");
    afterLogout.put("_profiles", "{}");
    Map<String, String> neverUsed = joined();
    neverUsed.remove("_current-profile");
    Map<String, String> wiped = joined();
    wiped.put("profile-013d", preferences("privkey:" + "0".repeat(64), false));
    Map<String, String> flagged = joined();
    flagged.put("profile-013d", preferences(nodeKey.secretText(), true));
    Map<String, String> noConfig = joined();
    noConfig.put("profile-013d", "{\"ControlURL\": \"" + SERVER + "\", \"Config\": null}");
    for (Map<String, String> values : Arrays.asList(afterLogout, neverUsed, wiped, flagged)) {
      assertThatThrownBy(() -> IncumbentState.decode(file(values)))
          .isInstanceOf(MalformedException.class)
          .hasMessage("its node is logged out");
    }
    assertThatThrownBy(() -> IncumbentState.decode(file(noConfig)))
        .hasMessage("its node is logged out");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "3",
        "{",
        "{\"_machinekey\": 3}",
        "{\"_machinekey\": \"?\"}",
        "{\"_machinekey\": \"cHJpdmtleTp4\", \"_current-profile\": {}}",
        "{\"key\": {\"Public\": \"AA==\"}, \"nonce\": \"AA==\", \"data\": \"AA==\"}"
      })
  void aFileThatIsNoneIsAWarningAndANormalStart(String content) throws Exception {
    assertThatThrownBy(() -> IncumbentState.decode(content.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(MalformedException.class);
    Files.writeString(directory.resolve("tailscaled.state"), content);
    assertThat(takeOver(SERVER)).isEmpty();
  }

  @Test
  void aFileTooLargeOrNoFileAtAllIsAWarningAndANormalStart() throws Exception {
    Path file = directory.resolve("tailscaled.state");
    Files.write(file, new byte[IncumbentState.MAX_SIZE + 1]);
    assertThat(takeOver(SERVER)).isEmpty();
    Files.delete(file);
    Files.createDirectory(file);
    assertThat(takeOver(SERVER)).isEmpty();
  }

  @Test
  void deepNestingIsRefused() {
    byte[] deep = "{\"a\":".repeat(100_000).getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> IncumbentState.decode(deep)).isInstanceOf(MalformedException.class);
  }

  @Test
  void nothingOfTheKeysShows() throws Exception {
    String secret = nodeKey.secretText().substring("privkey:".length());
    assertThat(IncumbentState.decode(file(joined())).toString()).doesNotContain(secret);
    Map<String, String> broken = joined();
    broken.put("profile-013d", preferences(nodeKey.secretText() + "0", false));
    assertThatThrownBy(() -> IncumbentState.decode(file(broken)))
        .isInstanceOf(MalformedException.class)
        .hasMessageNotContaining(secret)
        .hasNoCause();
  }

  @Test
  void aFileCutAtAnyByteGivesNoNode() {
    byte[] whole = file(joined());
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> IncumbentState.decode(cut, SERVER))
          .as("first %d bytes", length)
          .isInstanceOf(MalformedException.class);
    }
  }

  @Test
  void damagedAndRandomFilesThrowNothingElse() {
    Random random = new Random(5);
    byte[] whole = file(joined());
    String inner = preferences(nodeKey.secretText(), false);
    for (int round = 0; round < 30_000; round++) {
      byte[] content =
          switch (round % 3) {
            case 0 -> random(random, random.nextInt(200));
            case 1 -> mutated(random, whole);
            default -> {
              Map<String, String> values = joined();
              byte[] damaged = mutated(random, inner.getBytes(StandardCharsets.UTF_8));
              values.put("profile-013d", new String(damaged, StandardCharsets.ISO_8859_1));
              yield file(values);
            }
          };
      try {
        assertThat(IncumbentState.decode(content, SERVER).belongsTo(SERVER)).isTrue();
      } catch (MalformedException e) {
        assertThat(e).hasMessageMatching("[A-Za-z0-9 :,.'/-]+");
      }
    }
  }

  private static byte[] random(Random random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  /** Some bytes changed, removed or put in, as often as not by those that mean something. */
  private static byte[] mutated(Random random, byte[] original) {
    StringBuilder text = new StringBuilder(new String(original, StandardCharsets.ISO_8859_1));
    for (int i = random.nextInt(4); i >= 0; i--) {
      int at = random.nextInt(text.length());
      char with =
          random.nextBoolean()
              ? "{}[]\",:\\-+.eE0nulltrue".charAt(random.nextInt(22))
              : (char) random.nextInt(256);
      switch (random.nextInt(4)) {
        case 0 -> text.setCharAt(at, with);
        case 1 -> text.insert(at, with);
        case 2 -> text.delete(at, Math.min(text.length(), at + 1 + random.nextInt(20)));
        default -> text.insert(at, text.substring(at, Math.min(text.length(), at + 30)));
      }
      if (text.isEmpty()) {
        break;
      }
    }
    return text.toString().getBytes(StandardCharsets.ISO_8859_1);
  }
}
