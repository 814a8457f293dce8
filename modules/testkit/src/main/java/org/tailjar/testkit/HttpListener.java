package org.tailjar.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ServerSocketFactory;

/** Accepts HTTP/1.1 connections, each with one request on a virtual thread of its own. */
final class HttpListener implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger("org.tailjar.testkit");

  /** What answers requests. */
  @FunctionalInterface
  interface Handler {
    /** Answers, or takes the connection over until it ends. */
    void handle(HttpExchange exchange) throws IOException;
  }

  private final ServerSocket socket;
  private final Handler handler;
  private final Set<Socket> connections = ConcurrentHashMap.newKeySet();

  /** Listens on a free port; {@link #start} accepts. */
  HttpListener(ServerSocketFactory sockets, InetAddress address, Handler handler)
      throws IOException {
    socket = sockets.createServerSocket();
    socket.bind(new InetSocketAddress(address, 0));
    this.handler = handler;
  }

  void start() {
    Thread.ofVirtual().name("testkit-http").start(this::accept);
  }

  int port() {
    return socket.getLocalPort();
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "closing the listener", e);
    }
    connections.forEach(HttpListener::closeQuietly);
  }

  private void accept() {
    while (!socket.isClosed()) {
      try {
        Socket connection = socket.accept();
        connection.setTcpNoDelay(true);
        connections.add(connection);
        Thread.ofVirtual().name("testkit-connection").start(() -> serve(connection));
      } catch (IOException e) {
        LOG.log(System.Logger.Level.DEBUG, "the listener ends", e);
      }
    }
  }

  private void serve(Socket connection) {
    try (connection) {
      HttpExchange exchange = HttpExchange.read(connection);
      if (exchange != null) {
        handler.handle(exchange);
      }
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "a connection ends", e);
    } finally {
      connections.remove(connection);
    }
  }

  private static void closeQuietly(Socket connection) {
    try {
      connection.close();
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "closing a connection", e);
    }
  }
}
