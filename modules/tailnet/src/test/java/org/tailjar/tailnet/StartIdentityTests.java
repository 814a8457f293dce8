package org.tailjar.tailnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class StartIdentityTests {

  private static final String SERVER = "https://hs.example";

  private final StateStore store = new StateInMemory();

  @Test
  void anEmptyStateWithoutAKeyIsRefusedAndStaysEmpty() throws Exception {
    assertThatThrownBy(() -> StartIdentity.settle(store, SERVER, AuthKeySource.none()))
        .isInstanceOfSatisfying(
            StartException.class,
            e -> assertThat(e.failure()).isInstanceOf(StartFailure.KeyMissing.class));
    assertThat(store.load()).isEmpty();
  }

  @Test
  void aNodeThatTheServerForgotStartsWithoutAKeyToBeLoggedInByItsUrl() throws Exception {
    NodeIdentity forgotten = NodeIdentity.generate(SERVER);
    store.save(forgotten);

    assertThat(StartIdentity.settle(store, SERVER, AuthKeySource.none())).isEqualTo(forgotten);
  }

  @Test
  void anotherServerGetsAFreshNodeKeyOfTheSameMachine() throws Exception {
    NodeIdentity kept = NodeIdentity.generate("https://other.example").asRegistered();
    store.save(kept);

    NodeIdentity started = StartIdentity.settle(store, SERVER, AuthKeySource.none());

    assertThat(started.machineKey()).isEqualTo(kept.machineKey());
    assertThat(started.nodeKey()).isNotEqualTo(kept.nodeKey());
    assertThat(started.registered()).isFalse();
    assertThat(store.load()).contains(started);
  }

  @Test
  void aUrlThatIsWrongForOneStartCostsNothing() throws Exception {
    NodeIdentity kept = NodeIdentity.generate(SERVER).asRegistered();
    store.save(kept);

    StartIdentity.settle(store, "https://typo.example", AuthKeySource.none());

    assertThat(StartIdentity.settle(store, SERVER, AuthKeySource.none())).isEqualTo(kept);
  }
}
