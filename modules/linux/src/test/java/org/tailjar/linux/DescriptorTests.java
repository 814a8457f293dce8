package org.tailjar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class DescriptorTests {

  @Test
  void aClosedDescriptorIsRefused() throws Exception {
    Descriptor descriptor = open();
    assertThat(descriptor.isClosed()).isFalse();
    descriptor.close();
    descriptor.close();
    assertThat(descriptor.isClosed()).isTrue();
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(descriptor::acquire)
          .isInstanceOf(ClosedDescriptorException.class)
          .hasMessage("test is closed");
    }
  }

  @Test
  void theNumberIsGivenBackOnlyWhenTheLastUseEnds() throws Exception {
    Descriptor descriptor = open();
    int number = descriptor.acquire();
    assertThat(descriptor.acquire()).isEqualTo(number);
    descriptor.close();
    assertThat(isOpen(number)).isTrue();
    assertThatThrownBy(descriptor::acquire).isInstanceOf(ClosedDescriptorException.class);
    descriptor.release();
    assertThat(isOpen(number)).isTrue();
    descriptor.release();
    assertThat(isOpen(number)).isFalse();
  }

  @Test
  void manyUsersAndOneCloseGiveTheNumberBackOnce() throws Exception {
    for (int round = 0; round < 200; round++) {
      Descriptor descriptor = open();
      AtomicBoolean misused = new AtomicBoolean();
      List<CompletableFuture<Void>> users = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        users.add(
            CompletableFuture.runAsync(
                () -> {
                  try {
                    while (true) {
                      int number = descriptor.acquire();
                      if (!isOpen(number)) {
                        misused.set(true);
                      }
                      descriptor.release();
                    }
                  } catch (ClosedDescriptorException e) {
                    return;
                  }
                }));
      }
      descriptor.close();
      for (CompletableFuture<Void> user : users) {
        user.get(60, TimeUnit.SECONDS);
      }
      assertThat(misused).isFalse();
    }
  }

  private static Descriptor open() {
    return new Descriptor(Libc.eventfd(0, 0), "test");
  }

  private static boolean isOpen(int number) {
    return Files.exists(Path.of("/proc/self/fd/" + number));
  }
}
