package org.tailjar.tailnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tailjar.crypto.NodePublicKey;

class IdentityKeeperTests {

  private static final String SERVER = "http://hs.example";

  private final NodeIdentity first = NodeIdentity.generate(SERVER);
  private final StateInMemory store = new StateInMemory();
  private final IdentityKeeper keeper = new IdentityKeeper(SERVER, store, first);

  @TempDir Path directory;

  @Test
  void whatBecomesOfItIsStored() throws Exception {
    keeper.registered();
    assertThat(keeper.identity()).isEqualTo(first.asRegistered());
    assertThat(store.load()).contains(first.asRegistered());
    keeper.unregistered();
    assertThat(keeper.identity()).isEqualTo(first);
    assertThat(store.load()).contains(first);
  }

  @Test
  void theKeyThatTheServerKnowsIsNamedUntilItAcceptsAnother() throws Exception {
    assertThat(keeper.oldNodeKey()).isEqualTo(NodePublicKey.ZERO);
    keeper.renewNodeKey();
    keeper.renewNodeKey();
    assertThat(keeper.oldNodeKey()).isEqualTo(first.nodeKey().publicKey());
    assertThat(keeper.identity().nodeKey()).isNotEqualTo(first.nodeKey());
    assertThat(keeper.identity().machineKey()).isEqualTo(first.machineKey());
    keeper.registered();
    assertThat(keeper.oldNodeKey()).isEqualTo(NodePublicKey.ZERO);
  }

  @Test
  void nothingChangesTheIdentityAfterALogout() throws Exception {
    keeper.loggedOut();
    NodeIdentity last = keeper.identity();
    assertThat(last.nodeKey()).isNotEqualTo(first.nodeKey());
    assertThatThrownBy(keeper::registered).isInstanceOf(IOException.class);
    assertThatThrownBy(keeper::unregistered).isInstanceOf(IOException.class);
    assertThatThrownBy(keeper::renewNodeKey).isInstanceOf(IOException.class);
    assertThat(keeper.identity()).isEqualTo(last);
    assertThat(store.load()).contains(last);
  }

  @Test
  void aKeyThatCannotBeStoredIsNotUsedButARegistrationIs() throws Exception {
    try (StateDirectory full = StateDirectory.open(directory)) {
      full.save(first);
      Files.createDirectories(directory.resolve("tailjar.state.new/obstacle"));
      IdentityKeeper unsaved = new IdentityKeeper(SERVER, full, first);
      assertThatThrownBy(unsaved::renewNodeKey).isInstanceOf(IOException.class);
      assertThatThrownBy(unsaved::loggedOut).isInstanceOf(IOException.class);
      assertThat(unsaved.identity()).isEqualTo(first);
      unsaved.registered();
      assertThat(unsaved.identity()).isEqualTo(first.asRegistered());
      assertThat(full.load()).contains(first);
    }
  }
}
