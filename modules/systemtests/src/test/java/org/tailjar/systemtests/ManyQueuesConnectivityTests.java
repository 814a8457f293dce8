package org.tailjar.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/**
 * The story of {@link ConnectivityTests} with a control server on plain http, and with as many
 * threads as on a machine of 8 processors.
 */
class ManyQueuesConnectivityTests extends ConnectivityTests {

  ManyQueuesConnectivityTests() {
    super(Lab.Scheme.HTTP);
  }

  @Override
  TailjarNode prepared(TailjarNode node) {
    return node.with("JDK_JAVA_OPTIONS", "-Dtailjar.queues=4");
  }

  @Test
  @Order(10)
  void fourThreadsSendAndFourReceive() throws IOException {
    try (Stream<Path> threads = Files.list(Path.of("/proc/" + first().pid() + "/task"))) {
      assertThat(threads.map(ManyQueuesConnectivityTests::name))
          .containsAll(
              List.of(
                  "tailjar-tx-0",
                  "tailjar-tx-1",
                  "tailjar-tx-2",
                  "tailjar-tx-3",
                  "tailjar-rx-0",
                  "tailjar-rx-1",
                  "tailjar-rx-2",
                  "tailjar-rx-3"));
    }
    assertThat(first().logText()).doesNotContain("one thread receives");
  }

  private static String name(Path thread) {
    try {
      return Files.readString(thread.resolve("comm")).strip();
    } catch (IOException _) {
      return "ended";
    }
  }
}
