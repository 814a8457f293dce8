package org.tailjar.derp;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The relays of a tailnet: one {@link Relay} for each region. Thread-safe. */
public interface Relays extends AutoCloseable {

  /** Swaps the map in; connections to regions that are gone or changed are closed. */
  void apply(DerpMap map);

  /** Names the home region, which is connected from now on; 0 for none. */
  void home(int regionId);

  /** A region by its number, connected when it is first sent to; null when it is not in the map. */
  @Nullable Relay relay(int regionId);

  /**
   * Says that the network of this machine has changed: connections that do not answer soon are made
   * anew, long before their silence would tell.
   */
  void networkChanged();

  /**
   * How long it takes to connect to a region by TCP; waits for that.
   *
   * @return empty when it does not succeed in that time
   */
  Optional<Duration> measure(DerpRegion region, Duration timeout);

  /** Closes all connections. */
  @Override
  void close();
}
