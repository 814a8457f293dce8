package org.tailjar.transport;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** One race of connection attempts over the addresses of a destination: RFC 8305 section 5. */
final class ConnectionRace {

  private sealed interface Result {}

  private record Won(SocketChannel channel) implements Result {}

  private record Lost(InetAddress address, IOException error) implements Result {}

  private final Destination destination;
  private final SocketMarker marker;
  private final Duration attemptTimeout;
  private final long deadline;
  private final LinkedBlockingQueue<Result> results = new LinkedBlockingQueue<>();
  private final List<SocketChannel> open = new ArrayList<>();
  private final AtomicBoolean decided = new AtomicBoolean();

  ConnectionRace(
      Destination destination, SocketMarker marker, Duration attemptTimeout, long deadline) {
    this.destination = destination;
    this.marker = marker;
    this.attemptTimeout = attemptTimeout;
    this.deadline = deadline;
  }

  /** The first channel that connects; every other one is closed. */
  SocketChannel run(List<InetAddress> addresses) throws IOException {
    int started = 0;
    int failed = 0;
    @Nullable Lost last = null;
    try {
      while (true) {
        if (started < addresses.size() && failed == started) {
          start(addresses.get(started++));
        }
        long left = deadline - System.nanoTime();
        boolean more = started < addresses.size();
        long wait = more ? Math.min(left, Dialer.ATTEMPT_DELAY.toNanos()) : left;
        @Nullable Result result = results.poll(Math.max(0, wait), TimeUnit.NANOSECONDS);
        switch (result) {
          case Won(SocketChannel channel) -> {
            synchronized (open) {
              open.remove(channel);
            }
            return channel;
          }
          case Lost lost -> {
            last = lost;
            failed++;
            if (failed == addresses.size()) {
              throw failure(last);
            }
            // RFC 8305: a failure starts the next attempt at once, whoever else is still trying.
            if (more && failed < started) {
              start(addresses.get(started++));
            }
          }
          case null -> {
            if (deadline - System.nanoTime() <= 0) {
              throw new DialException(
                  DialException.Reason.TIMEOUT,
                  "%s did not answer in time; is it up, and reachable from here?"
                      .formatted(destination.authority()),
                  last == null ? null : last.error());
            }
            if (more) {
              start(addresses.get(started++));
            }
          }
        }
      }
    } catch (InterruptedException e) {
      throw Dialer.interrupted(destination);
    } finally {
      decided.set(true);
      closeLosers();
    }
  }

  private void start(InetAddress address) {
    Thread.ofVirtual()
        .name("dial-" + destination.host())
        .start(
            () -> {
              try {
                SocketChannel channel = connect(address);
                results.add(new Won(channel));
                if (decided.get()) {
                  Connection.closeQuietly(closeUnlessReturned(channel));
                }
              } catch (IOException e) {
                results.add(new Lost(address, e));
              } catch (RuntimeException e) {
                results.add(new Lost(address, new IOException(e)));
              }
            });
  }

  /** A channel that connected in the moment in which another one won. */
  private AutoCloseable closeUnlessReturned(SocketChannel channel) {
    synchronized (open) {
      return open.remove(channel) ? channel : () -> {};
    }
  }

  private SocketChannel connect(InetAddress address) throws IOException {
    SocketChannel channel = SocketChannel.open();
    try {
      // Nobody else knows the channel yet: a mark goes to a descriptor that must not be closed and
      // used again meanwhile.
      marker.mark(channel);
      synchronized (open) {
        open.add(channel);
      }
      if (decided.get()) {
        throw new ConnectException("another address answered");
      }
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
      long left = Math.min(attemptTimeout.toNanos(), deadline - System.nanoTime());
      channel
          .socket()
          .connect(
              new InetSocketAddress(address, destination.port()),
              (int) Math.max(1, TimeUnit.NANOSECONDS.toMillis(left)));
      return channel;
    } catch (IOException | RuntimeException e) {
      synchronized (open) {
        open.remove(channel);
      }
      Connection.closeQuietly(channel);
      throw e;
    }
  }

  private void closeLosers() {
    List<SocketChannel> losers;
    synchronized (open) {
      losers = List.copyOf(open);
      open.clear();
    }
    losers.forEach(Connection::closeQuietly);
  }

  private DialException failure(Lost lost) {
    IOException error = lost.error();
    if (error instanceof SocketTimeoutException) {
      return new DialException(
          DialException.Reason.TIMEOUT,
          "%s did not answer in time; is it up, and reachable from here?"
              .formatted(destination.authority()),
          error);
    }
    String what =
        switch (error) {
          case ConnectException e when String.valueOf(e.getMessage()).contains("refused") ->
              "refused the connection; is the server running on that port?";
          case NoRouteToHostException e -> "cannot be reached: there is no route to it";
          default -> "cannot be reached: " + error.getMessage();
        };
    return new DialException(
        DialException.Reason.CONNECT, destination.authority() + " " + what, error);
  }
}
