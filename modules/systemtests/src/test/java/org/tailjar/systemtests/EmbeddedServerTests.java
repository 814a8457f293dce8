package org.tailjar.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A node of ours and a real tailscaled, side by side on the testkit's server. */
class EmbeddedServerTests {

  private static final int MEGABYTES = 5;

  @AutoClose private final Lab lab = Lab.startEmbedded();
  private TailjarNode ours;
  private TailscaledNode incumbent;

  @BeforeEach
  void start() {
    ours = lab.tailjar("na").join();
    incumbent = lab.tailscaled("nc");
  }

  @Test
  void theyReachEachOtherDirectlyAndByTheRelay() {
    awaitPing("via 10.77.0.");
    exchange();

    lab.blockUdp("na", "nc");
    awaitPing("via DERP(test)");
    exchange();
  }

  private void awaitPing(String way) {
    for (String address : List.of(incumbent.ip4(), incumbent.ip6())) {
      assertThat(
              Shell.eventually(
                  () -> {
                    lab.pings("na", address, 1);
                    return ours.tailjar("ping", address).output().contains(way);
                  }))
          .as("%s %s: %s", address, way, ours.tailjar("ping", address).output())
          .isTrue();
    }
  }

  private void exchange() {
    lab.copy("na", "nc", incumbent.ip4(), MEGABYTES);
    lab.copy("nc", "na", ours.ip6(), MEGABYTES);
  }
}
