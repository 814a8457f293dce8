package org.tailjar.tailnet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tailjar.headscale.MapResponse;
import org.tailjar.headscale.NetworkMap;
import org.tailjar.headscale.Registration;
import org.tailjar.headscale.WireJson;

@Timeout(180)
class MembershipTests {

  private static final String SERVER = "http://hs.example";
  private static final Registration REFUSED = new Registration.Rejected("authkey already used");
  private static final Registration NEEDS_LOGIN =
      new Registration.NeedsLogin("http://hs.example/register/a");

  @TempDir Path directory;

  private final StateInMemory store = new StateInMemory();
  private final NodeIdentity fresh = NodeIdentity.generate(SERVER);
  private final ScriptedLink link = new ScriptedLink();
  private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
  private final Membership.Observer observer =
      new Membership.Observer() {
        @Override
        public void newNodeKey(NodeIdentity identity) {
          events.add("new key");
        }

        @Override
        public void networkMap(NetworkMap map) {
          events.add("map");
        }

        @Override
        public void needsLogin(Optional<URI> url) {
          events.add("login " + url.orElseThrow());
        }

        @Override
        public void registered() {
          events.add("registered");
        }

        @Override
        public void serverConnection(String line) {
          events.add(line);
        }

        @Override
        public void refused(StartFailure failure) {
          events.add("refused");
        }
      };

  private AuthKeySource key = AuthKeySource.of(Secret.of("k"));
  private Membership membership;
  private Thread thread;

  @AfterEach
  void stop() throws InterruptedException {
    membership.close();
    assertThat(thread.join(Duration.ofSeconds(60))).isTrue();
  }

  private void start(NodeIdentity identity, boolean wasUp) {
    store.save(identity);
    start(identity, wasUp, store);
  }

  private void start(NodeIdentity identity, boolean wasUp, StateStore kept) {
    membership =
        new Membership(
            SERVER,
            key,
            kept,
            identity,
            (who, to) -> link.connect(to),
            observer,
            wasUp,
            Duration.ofMillis(20));
    thread = Thread.ofVirtual().start(membership::run);
  }

  private void await(String event) throws InterruptedException {
    String next;
    do {
      next = events.poll(60, TimeUnit.SECONDS);
      assertThat(next).as("waiting for %s", event).isNotNull();
    } while (!next.startsWith(event));
  }

  private static NetworkMap map(NodeIdentity who) {
    return map(who, "");
  }

  private static NetworkMap map(NodeIdentity who, String more) {
    try {
      String json =
          "{\"Node\":{\"ID\":1,\"Name\":\"a.\",\"Key\":\"%s\"%s}}"
              .formatted(who.nodeKey().publicKey().text(), more);
      return NetworkMap.of(
          WireJson.decode(MapResponse.class, json.getBytes(StandardCharsets.UTF_8)), Instant.now());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private List<Boolean> keysSent() {
    return link.asked.stream().map(ScriptedLink.Asked::withKey).toList();
  }

  @Test
  void aNewNodeSendsItsKeyAndIsKeptAsRegistered() throws Exception {
    start(fresh, false);
    await("registered");
    assertThat(keysSent()).containsExactly(true);
    assertThat(store.load().orElseThrow().registered()).isTrue();
  }

  @Test
  void aNodeWithAValidKeyNeverSendsTheAuthKey() throws Exception {
    start(fresh.asRegistered(), true);
    await("registered");
    assertThat(keysSent()).containsExactly(false);
  }

  @Test
  void aNodeThatWasDeletedIsAskedAboutBeforeItsKeyIsSent() throws Exception {
    link.onPoll =
        to -> {
          to.networkMap(map(fresh));
          return true;
        };
    start(fresh.asRegistered(), true);
    await("map");
    link.onRegister = asked -> asked.withKey() ? ScriptedLink.REGISTERED : NEEDS_LOGIN;
    link.endPollWith(() -> link.listener.reRegister());
    await("registered");
    assertThat(keysSent()).containsExactly(false, false, true);
  }

  @Test
  void aServerThatRegistersANodeAndDoesNotKnowItIsNotAskedWithoutPause() throws Exception {
    link.onPoll =
        to -> {
          to.reRegister();
          return false;
        };
    long before = System.nanoTime();
    start(fresh.asRegistered(), true);
    assertItAsksWithGrowingPauses(before);
  }

  private void assertItAsksWithGrowingPauses(long start) {
    Await.until(() -> link.asked.size() >= 6);
    // Pauses of 5 ms, 20 ms, 45 ms, 80 ms and 125 ms at the least.
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(200));
  }

  @Test
  void anExpiredNodeKeyIsReplacedAndTheOldOneNamed() throws Exception {
    link.onRegister =
        asked ->
            asked.nodeKey().equals(fresh.nodeKey().publicKey())
                ? new Registration.KeyExpired()
                : ScriptedLink.REGISTERED;
    start(fresh.asRegistered(), true);
    await("new key");
    await("registered");
    ScriptedLink.Asked last = link.asked.getLast();
    assertThat(last.oldNodeKey()).isEqualTo(fresh.nodeKey().publicKey());
    NodeIdentity kept = store.load().orElseThrow();
    assertThat(kept.nodeKey().publicKey()).isEqualTo(last.nodeKey());
    assertThat(kept.machineKey()).isEqualTo(fresh.machineKey());
    assertThat(kept.registered()).isTrue();
  }

  @Test
  void anExpiryThatTheServerTakesBackAtOnceIsNotAskedAboutWithoutPause() throws Exception {
    link.onPoll =
        to -> {
          to.networkMap(map(fresh, ",\"Expired\":true"));
          to.reRegister();
          return false;
        };
    long before = System.nanoTime();
    start(fresh.asRegistered(), true);
    assertItAsksWithGrowingPauses(before);
    assertThat(keysSent()).containsOnly(false);
  }

  @Test
  void aKeyThatIsRefusedEndsANodeThatWasNeverUp() throws Exception {
    link.onRegister = asked -> asked.withKey() ? REFUSED : NEEDS_LOGIN;
    start(fresh, false);
    await("refused");
    assertThat(thread.join(Duration.ofSeconds(60))).isTrue();
  }

  @Test
  void aKeyThatThisNodeItselfUsedUpIsNoReasonToRefuse() throws Exception {
    // The answer to the first registration was lost with the process that asked.
    link.onRegister = asked -> asked.withKey() ? REFUSED : ScriptedLink.REGISTERED;
    start(fresh, false);
    await("registered");
    assertThat(store.load().orElseThrow().registered()).isTrue();
  }

  @Test
  void aNodeThatIsUpByItsSavedMapOutlivesARefusedKey() throws Exception {
    link.onRegister = asked -> asked.withKey() ? REFUSED : NEEDS_LOGIN;
    start(fresh.asRegistered(), true);
    await("login http://hs.example/register/a");
    assertThat(events).doesNotContain("refused");
    assertThat(thread.isAlive()).isTrue();
  }

  @Test
  void otherRefusalsAreTriedAgain() throws Exception {
    link.onRegister =
        asked ->
            link.asked.size() < 4
                ? new Registration.Rejected("internal error")
                : ScriptedLink.REGISTERED;
    start(fresh, false);
    await("retrying: it refuses to register this node: internal error");
    await("registered");
  }

  @Test
  void aKeyFileThatIsGoneDoesNotKeepAPersonFromLoggingIn() throws Exception {
    key =
        () -> {
          throw new IOException("/run/key does not exist");
        };
    link.onRegister = asked -> NEEDS_LOGIN;
    start(fresh.asRegistered(), true);
    await("login http://hs.example/register/a");
    link.onLogin = asked -> ScriptedLink.REGISTERED;
  }

  @Test
  void aKeyThatIsPutInPlaceWhileTheUrlIsShownRegistersTheNode() throws Exception {
    AtomicReference<Optional<Secret>> file = new AtomicReference<>(Optional.of(Secret.of("used")));
    key = file::get;
    link.onRegister =
        asked -> {
          if (asked.nodeKey().equals(fresh.nodeKey().publicKey())) {
            return new Registration.KeyExpired();
          }
          if (!asked.withKey()) {
            return NEEDS_LOGIN;
          }
          return file.get().orElseThrow().equals(Secret.of("used"))
              ? REFUSED
              : ScriptedLink.REGISTERED;
        };
    start(fresh.asRegistered(), true);
    await("new key");
    await("login http://hs.example/register/a");
    assertThat(events).doesNotContain("registered", "refused");
    file.set(Optional.of(Secret.of("reusable")));
    await("registered");
    assertThat(link.asked.stream().filter(ScriptedLink.Asked::withKey)).hasSize(2);
    assertThat(link.asked.getLast().oldNodeKey()).isEqualTo(fresh.nodeKey().publicKey());
    assertThat(store.load().orElseThrow().registered()).isTrue();
  }

  @Test
  void aLoginThatIsInterruptedIsAwaitedAtTheSameUrl() throws Exception {
    link.onRegister = asked -> NEEDS_LOGIN;
    link.onLogin =
        asked -> {
          if (link.logins.size() < 3) {
            throw new IOException("the proxy has lost patience");
          }
          return ScriptedLink.REGISTERED;
        };
    key = AuthKeySource.none();
    start(fresh, false);
    await("login");
    await("registered");
    assertThat(link.asked).hasSize(1);
    assertThat(link.logins).hasSize(3).containsOnly("http://hs.example/register/a");
  }

  @ParameterizedTest
  @ValueSource(strings = {"io", "runtime"})
  void whateverFailsIsTriedAgain(String kind) throws Exception {
    link.onRegister =
        asked -> {
          if (link.asked.size() > 2) {
            return ScriptedLink.REGISTERED;
          }
          if (kind.equals("io")) {
            throw new IOException("out of order");
          }
          throw new IllegalStateException("out of order");
        };
    start(fresh, false);
    await("retrying: ");
    await("registered");
  }

  @Test
  void aRegistrationThatCannotBeSavedIsNoOutage() throws Exception {
    try (StateDirectory full = full(fresh)) {
      start(fresh, false, full);
      await("registered");
      assertThat(membership.identity().registered()).isTrue();
      assertThat(full.load()).contains(fresh);
      link.endPollWith(() -> {});
      await("registered");
      assertThat(keysSent()).startsWith(true, false);
    }
  }

  @Test
  void aNewNodeKeyThatCannotBeSavedIsNotUsed() throws Exception {
    link.onRegister = asked -> new Registration.KeyExpired();
    try (StateDirectory full = full(fresh.asRegistered())) {
      start(fresh.asRegistered(), true, full);
      await("retrying: ");
      await("retrying: ");
      assertThat(membership.identity()).isEqualTo(fresh.asRegistered());
      assertThat(full.load()).contains(fresh.asRegistered());
      assertThat(link.asked)
          .extracting(ScriptedLink.Asked::nodeKey)
          .containsOnly(fresh.nodeKey().publicKey());
    }
  }

  /** A directory that keeps an identity and can save no other. */
  private StateDirectory full(NodeIdentity kept) throws IOException {
    StateDirectory full = StateDirectory.open(directory);
    full.save(kept);
    Files.createDirectories(directory.resolve("tailjar.state.new/obstacle"));
    return full;
  }

  @Test
  void aLogoutIsNotUndoneByTheEndOfTheMapStream() throws Exception {
    link.onPoll =
        to -> {
          to.networkMap(map(fresh));
          return true;
        };
    start(fresh.asRegistered(), true);
    await("map");
    membership.logout();
    assertThat(thread.join(Duration.ofSeconds(60))).isTrue();
    assertThat(link.logouts).containsExactly(fresh.nodeKey().publicKey());
    assertThat(link.asked).hasSize(1);
    NodeIdentity kept = store.load().orElseThrow();
    assertThat(kept.registered()).isFalse();
    assertThat(kept.nodeKey().publicKey()).isNotEqualTo(fresh.nodeKey().publicKey());
    assertThat(kept.machineKey()).isEqualTo(fresh.machineKey());
    assertThat(membership.identity()).isEqualTo(kept);
  }
}
