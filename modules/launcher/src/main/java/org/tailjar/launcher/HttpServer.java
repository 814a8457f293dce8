package org.tailjar.launcher;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.WARNING;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * A small HTTP/1.1 server on any stream socket: virtual threads wait, Netty's codec parses. Made
 * for a few local programs and probes: a limited number of connections, each closed after a while
 * of silence.
 */
final class HttpServer implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("org.tailjar.launcher");

  private static final int MOST_CONNECTIONS = 64;

  /** Of those, kept for whoever may change something: the health check of the container's root. */
  private static final int RESERVED_CONNECTIONS = 16;

  /** Longer than a ping may take, so that no connection is cut while its answer is being made. */
  private static final Duration LONGEST_SILENCE = Duration.ofSeconds(60);

  private static final Duration SWEEP = Duration.ofSeconds(5);

  private final ServerSocketChannel listener;
  private final HttpHandler handler;
  private final Predicate<SocketChannel> mayWrite;
  private final Set<HttpConnection> connections = ConcurrentHashMap.newKeySet();

  private HttpServer(
      ServerSocketChannel listener, HttpHandler handler, Predicate<SocketChannel> mayWrite) {
    this.listener = listener;
    this.handler = handler;
    this.mayWrite = mayWrite;
  }

  /**
   * Begins to serve; closing the server closes the listener.
   *
   * @param listener bound and blocking
   * @param mayWrite whether the program at the other end of a connection may change something
   */
  static HttpServer serve(
      String name,
      ServerSocketChannel listener,
      HttpHandler handler,
      Predicate<SocketChannel> mayWrite) {
    var server = new HttpServer(listener, handler, mayWrite);
    Thread.ofVirtual().name(name).start(server::accept);
    Thread.ofVirtual().name(name + " sweeper").start(server::sweep);
    return server;
  }

  private void accept() {
    boolean failing = false;
    while (listener.isOpen()) {
      try {
        var channel = listener.accept();
        failing = false;
        boolean writer = mayWrite.test(channel);
        if (connections.size() >= MOST_CONNECTIONS - (writer ? 0 : RESERVED_CONNECTIONS)) {
          channel.close();
          continue;
        }
        var connection = new HttpConnection(channel, handler, writer);
        connections.add(connection);
        Thread.ofVirtual()
            .name("http connection")
            .start(
                () -> {
                  try (connection) {
                    connection.serve();
                  } catch (IOException e) {
                    LOG.log(DEBUG, "an HTTP connection ended: {0}", e.getMessage());
                  } finally {
                    connections.remove(connection);
                  }
                });
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException e) {
        // Too many open files, for example: it passes, and a loop without a pause would burn a
        // core.
        LOG.log(
            failing ? DEBUG : WARNING, "cannot accept a connection for now: {0}", e.getMessage());
        failing = true;
        if (!pause()) {
          return;
        }
      }
    }
  }

  private void sweep() {
    while (listener.isOpen() && pause()) {
      for (var connection : connections) {
        if (connection.silence().compareTo(LONGEST_SILENCE) > 0) {
          connection.close();
        }
      }
    }
  }

  private static boolean pause() {
    try {
      Thread.sleep(SWEEP);
      return true;
    } catch (InterruptedException e) {
      return false;
    }
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      LOG.log(DEBUG, "closing a listener: {0}", e.getMessage());
    }
    connections.forEach(HttpConnection::close);
  }
}
