package org.tailjar.transport;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What the JDK's TLS reads from and writes to in place of the socket itself. By itself it makes two
 * reads for each record, one of them for its five bytes of header, and one write; relays send
 * records of 2 KB. Here one read takes what has come, and several records go by one write.
 */
final class BufferedSocket extends Socket {

  private static final int IN_BYTES = 64 << 10;

  /** Four of the longest records. */
  private static final int OUT_BYTES = 4 * ((16 << 10) + 256);

  /** RFC 8446 5.1: type, version, length. */
  private static final int HEADER_LENGTH = 5;

  private final Socket socket;
  private final In in;
  private final Out out;

  /** Over a connected socket. */
  BufferedSocket(Socket socket) throws IOException {
    this.socket = socket;
    in = new In(socket.getInputStream());
    out = new Out(socket.getOutputStream());
  }

  /**
   * Whether a whole record is here, so that it can be read without waiting. The reader's thread.
   */
  boolean holdsRecord() {
    int start = in.start; // once: a close on another thread reads to the end
    int held = in.end - start;
    return held >= HEADER_LENGTH
        && held
            >= HEADER_LENGTH + ((in.buffer[start + 3] & 0xff) << 8 | in.buffer[start + 4] & 0xff);
  }

  /**
   * Whether a read that finds nothing here waits, or throws {@link SocketTimeoutException} at once.
   * The reader's thread.
   */
  void waits(boolean value) {
    in.waits = value;
  }

  /** What is written from now on is kept back. */
  void hold() {
    out.hold();
  }

  /** Writes what was kept back, and keeps back no more. */
  void release() throws IOException {
    out.release();
  }

  @Override
  public InputStream getInputStream() {
    return in;
  }

  @Override
  public OutputStream getOutputStream() {
    return out;
  }

  /** Read by one thread at a time. */
  private static final class In extends InputStream {
    private final InputStream source;
    private final byte[] buffer = new byte[IN_BYTES];
    private int start;
    private int end;
    private boolean waits = true;

    In(InputStream source) {
      this.source = source;
    }

    @Override
    public int read() throws IOException {
      return fill() ? buffer[start++] & 0xff : -1;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (!fill()) {
        return -1;
      }
      int count = Math.min(length, end - start);
      System.arraycopy(buffer, start, into, offset, count);
      start += count;
      return count;
    }

    @Override
    public int available() throws IOException {
      return end - start + source.available();
    }

    private boolean fill() throws IOException {
      if (start == end) {
        if (!waits) {
          throw new SocketTimeoutException("nothing is here");
        }
        int count = source.read(buffer, 0, buffer.length);
        if (count < 0) {
          return false;
        }
        start = 0;
        end = count;
      }
      return true;
    }
  }

  /** TLS writes under a lock of its own, but another thread may answer a handshake meanwhile. */
  private static final class Out extends OutputStream {
    private final OutputStream sink;
    private final ReentrantLock lock = new ReentrantLock();
    private byte[] buffer = new byte[0];
    private int count;
    private boolean held;

    Out(OutputStream sink) {
      this.sink = sink;
    }

    void hold() {
      lock.lock();
      try {
        held = true;
        if (buffer.length == 0) {
          buffer = new byte[OUT_BYTES];
        }
      } finally {
        lock.unlock();
      }
    }

    void release() throws IOException {
      lock.lock();
      try {
        held = false;
        drain();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
      lock.lock();
      try {
        if (count + length > buffer.length) {
          drain();
        }
        if (held && length <= buffer.length) {
          System.arraycopy(from, offset, buffer, count, length);
          count += length;
        } else {
          drain();
          sink.write(from, offset, length);
        }
      } finally {
        lock.unlock();
      }
    }

    /** TLS does so after each record. */
    @Override
    public void flush() {}

    private void drain() throws IOException {
      int length = count;
      count = 0;
      if (length > 0) {
        sink.write(buffer, 0, length);
      }
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  @Override
  public boolean isClosed() {
    return socket.isClosed();
  }

  @Override
  public boolean isConnected() {
    return socket.isConnected();
  }

  @Override
  public boolean isBound() {
    return socket.isBound();
  }

  @Override
  public void shutdownInput() throws IOException {
    socket.shutdownInput();
  }

  @Override
  public void shutdownOutput() throws IOException {
    socket.shutdownOutput();
  }

  @Override
  public boolean isInputShutdown() {
    return socket.isInputShutdown();
  }

  @Override
  public boolean isOutputShutdown() {
    return socket.isOutputShutdown();
  }

  @Override
  public void setSoTimeout(int milliseconds) throws SocketException {
    socket.setSoTimeout(milliseconds);
  }

  @Override
  public int getSoTimeout() throws SocketException {
    return socket.getSoTimeout();
  }

  @Override
  public void setSoLinger(boolean on, int seconds) throws SocketException {
    socket.setSoLinger(on, seconds);
  }

  @Override
  public int getSoLinger() throws SocketException {
    return socket.getSoLinger();
  }

  @Override
  public InetAddress getInetAddress() {
    return socket.getInetAddress();
  }

  @Override
  public InetAddress getLocalAddress() {
    return socket.getLocalAddress();
  }

  @Override
  public int getPort() {
    return socket.getPort();
  }

  @Override
  public int getLocalPort() {
    return socket.getLocalPort();
  }

  @Override
  public SocketAddress getRemoteSocketAddress() {
    return socket.getRemoteSocketAddress();
  }

  @Override
  public SocketAddress getLocalSocketAddress() {
    return socket.getLocalSocketAddress();
  }

  @Override
  public String toString() {
    return socket.toString();
  }
}
