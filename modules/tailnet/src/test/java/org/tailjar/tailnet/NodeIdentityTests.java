package org.tailjar.tailnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.tailjar.tailnet.NodeIdentity.MalformedException;

class NodeIdentityTests {

  private final NodeIdentity identity =
      NodeIdentity.generate("https://hs.example:8443/x").asRegistered();

  @Test
  void itsTextGivesItBack() throws MalformedException {
    assertThat(NodeIdentity.decode(identity.encode())).isEqualTo(identity);
  }

  @Test
  void aTextCutAtAnyByteIsNoIdentity() {
    byte[] whole = identity.encode();
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> NodeIdentity.decode(cut))
          .as("first %d bytes", length)
          .isInstanceOf(MalformedException.class);
    }
  }

  @Test
  void aTextWithAnyByteChangedIsNoIdentity() {
    byte[] whole = identity.encode();
    for (int i = 0; i < whole.length; i++) {
      for (int bit = 0; bit < 8; bit++) {
        byte[] damaged = whole.clone();
        damaged[i] ^= (byte) (1 << bit);
        assertThatThrownBy(() -> NodeIdentity.decode(damaged))
            .as("byte %d", i)
            .isInstanceOf(MalformedException.class);
      }
    }
  }

  @Test
  void aNewerFormatIsNamedAsSuch() {
    byte[] newer = "tailjar-state 2\nwhatever\n".getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> NodeIdentity.decode(newer)).hasMessageContaining("version 2");
  }

  @Test
  void nothingOfTheKeysShows() {
    String secret = identity.nodeKey().secretText().substring("privkey:".length());
    assertThat(identity.toString()).doesNotContain(secret);
    byte[] damaged = identity.encode();
    damaged[damaged.length - 3] ^= 1;
    assertThatThrownBy(() -> NodeIdentity.decode(damaged)).hasMessageNotContaining(secret);
  }
}
