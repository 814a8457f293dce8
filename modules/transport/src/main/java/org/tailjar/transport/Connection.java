package org.tailjar.transport;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import javax.net.ssl.SSLSocket;

/**
 * One connected byte stream, plain or TLS.
 *
 * <p>One thread may read while another writes. {@link #close()} may be called from any thread and
 * wakes both. Virtual threads that wait here do not hold their carrier.
 */
public final class Connection implements Closeable {

  /** How long a close waits for TLS to say goodbye to a peer that may no longer read. */
  private static final Duration GOODBYE = Duration.ofMillis(200);

  private final SocketChannel channel;
  private final Socket socket;
  private final boolean tls;
  private final InputStream in;
  private final OutputStream out;
  private final InetSocketAddress remote;

  Connection(SocketChannel channel, TlsLayer.Layered layered) throws IOException {
    this.channel = channel;
    this.socket = layered.socket();
    this.tls = layered.tls();
    this.in = layered.in();
    this.out = layered.out();
    this.remote = (InetSocketAddress) channel.getRemoteAddress();
  }

  /** What the peer sends; a read past the read timeout throws SocketTimeoutException. */
  public InputStream in() {
    return in;
  }

  /** What is sent to the peer; unbuffered: one write is at least one system call. */
  public OutputStream out() {
    return out;
  }

  /** The address that answered: the proxy's where there is one. */
  public InetSocketAddress remoteAddress() {
    return remote;
  }

  /** Whether the stream is inside TLS with the destination. */
  public boolean isTls() {
    return tls;
  }

  /**
   * Bounds every later read; zero waits for ever. A read that is already waiting keeps its bound.
   *
   * @throws SocketException if the connection is closed
   */
  public void readTimeout(Duration timeout) throws SocketException {
    socket.setSoTimeout((int) Math.min(Integer.MAX_VALUE, timeout.toMillis()));
  }

  /** Whether this side has closed. */
  public boolean isClosed() {
    return !channel.isOpen();
  }

  /** Closes both directions and wakes whoever waits on them; never blocks for long. */
  @Override
  public void close() {
    if (!channel.isOpen()) {
      return;
    }
    if (socket instanceof SSLSocket) {
      // A close of TLS writes, and so waits for a writer that a dead peer has stalled.
      Thread goodbye = Thread.ofVirtual().start(() -> closeQuietly(socket));
      try {
        goodbye.join(GOODBYE);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    closeQuietly(channel);
  }

  static void closeQuietly(AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (Exception e) {
      System.getLogger("org.tailjar.transport").log(System.Logger.Level.TRACE, "close", e);
    }
  }

  @Override
  public String toString() {
    return "Connection[" + remote + (tls ? ", TLS]" : "]");
  }
}
