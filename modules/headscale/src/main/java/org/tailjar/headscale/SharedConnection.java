package org.tailjar.headscale;

import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.MachinePublicKey;

/**
 * The one connection to the control server, which registrations and the map stream share: made when
 * it is asked for and there is none that works, by whoever asks first. Thread-safe.
 */
final class SharedConnection {

  private final ControlConfig config;
  private final Closing closing;

  /** Held while a connection is made, so that only one is made at a time. */
  private final ReentrantLock connecting = new ReentrantLock();

  private volatile @Nullable ControlConnection connection;

  /** Guarded by {@link #connecting}. */
  private @Nullable MachinePublicKey serverKey;

  SharedConnection(ControlConfig config, Closing closing) {
    this.config = config;
    this.closing = closing;
  }

  /** The connection that there is; empty for none, or one that is known to be dead. */
  Optional<ControlConnection> usable() {
    return Optional.ofNullable(connection).filter(ControlConnection::isUsable);
  }

  /**
   * The connection that there is, or a new one.
   *
   * @throws IOException if the server cannot be reached, or the client is closed
   */
  ControlConnection connect() throws IOException {
    try {
      connecting.lockInterruptibly();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("connecting was interrupted");
    }
    try {
      Optional<ControlConnection> usable = usable();
      if (usable.isPresent()) {
        return usable.get();
      }
      requireOpen();
      ControlConnection made = open();
      connection = made;
      if (closing.isClosed()) {
        made.close();
      }
      requireOpen();
      return made;
    } finally {
      connecting.unlock();
    }
  }

  private ControlConnection open() throws IOException {
    Duration timeout = config.timings().connect();
    MachinePublicKey key = serverKey;
    if (key == null) {
      key = ControlConnection.fetchServerKey(config.serverUrl(), config.dialer(), timeout);
      serverKey = key;
    }
    try {
      return ControlConnection.open(
          config.serverUrl(), config.dialer(), config.machineKey(), key, timeout);
    } catch (NoiseException | EOFException e) {
      // A server that was set up anew has another key.
      serverKey = null;
      throw e;
    }
  }

  private void requireOpen() throws IOException {
    if (closing.isClosed()) {
      throw new IOException("the control client is closed");
    }
  }

  /** Closes the connection that there is. */
  void drop() {
    @Nullable ControlConnection current = connection;
    if (current != null) {
      drop(current);
    }
  }

  /** Closes this connection, and leaves one alone that has taken its place. */
  void drop(ControlConnection dead) {
    if (Objects.equals(connection, dead)) {
      connection = null;
    }
    dead.close();
  }
}
