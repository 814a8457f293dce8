package org.tailjar.magicsock;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class InboxTests {

  private final List<String> ran = new ArrayList<>();
  private int wakes;
  private final Inbox inbox = new Inbox(() -> wakes++);

  @Test
  void whatIsPostedRunsInOrderWithWhatItPosts() {
    assertThat(inbox.run()).isFalse();
    inbox.post(
        () -> {
          ran.add("first");
          inbox.post(() -> ran.add("third"));
        });
    inbox.post(() -> ran.add("second"));
    assertThat(wakes).isEqualTo(2);
    assertThat(inbox.isEmpty()).isFalse();
    assertThat(inbox.run()).isTrue();
    assertThat(ran).containsExactly("first", "second", "third");
    assertThat(inbox.isEmpty()).isTrue();
  }

  @Test
  void whatStrangersCauseIsBoundedAndTakesNoRoomFromTheRest() {
    for (int i = 0; i < 10 * Inbox.MOST_OFFERED; i++) {
      inbox.offer(() -> ran.add("offered"));
    }
    inbox.post(() -> ran.add("posted"));
    inbox.run();
    assertThat(ran).hasSize(Inbox.MOST_OFFERED + 1).endsWith("posted");
    inbox.offer(() -> ran.add("there is room again"));
    inbox.run();
    assertThat(ran).endsWith("there is room again");
  }
}
