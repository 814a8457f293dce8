package org.tailjar.headscale;

import io.netty.handler.codec.http2.Http2Headers;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 stream: the answer to a request, with a body that arrives bit by bit. One thread reads
 * it; all of its state is guarded by the connection's lock.
 */
final class Http2Response implements Closeable {

  private final Http2Connection connection;
  private final Http2Connection.Stream stream;
  private final Condition changed;
  private final ArrayDeque<byte[]> chunks = new ArrayDeque<>();
  private int chunkOffset;
  private @Nullable Http2Headers headers;
  private boolean ended;
  private @Nullable IOException failure;
  private Duration readTimeout = Duration.ZERO;

  Http2Response(Http2Connection connection, Http2Connection.Stream stream, Condition changed) {
    this.connection = connection;
    this.stream = stream;
    this.changed = changed;
  }

  /** The HTTP status. */
  int status() {
    String status = String.valueOf(Objects.requireNonNull(headers).status());
    return status.matches("[0-9]{3}") ? Integer.parseInt(status) : 0;
  }

  /** The first value of a header, or null. */
  @Nullable String header(String lowerCaseName) {
    CharSequence value = Objects.requireNonNull(headers).get(lowerCaseName);
    return value == null ? null : value.toString();
  }

  /** How long a read of the body waits for the next bytes; zero for ever. */
  void readTimeout(Duration timeout) {
    readTimeout = timeout;
  }

  /** The body. Closing it closes the stream. */
  InputStream body() {
    return new Body();
  }

  /** Ends the stream; the server is told if it had more to say. */
  @Override
  public void close() {
    connection.locked(
        () -> {
          if (!ended && failure == null) {
            failure = new IOException("the stream was closed");
            connection.reset(stream);
          } else if (!chunks.isEmpty()) {
            chunks.clear();
          }
          changed.signalAll();
        });
  }

  // What follows is called with the lock held.

  void awaitHeaders(Duration timeout) throws IOException {
    long left = timeout.toNanos();
    while (headers == null) {
      throwIfFailed();
      if (ended) {
        throw new ControlException("the server ended a stream without an answer");
      }
      left = await(left);
      if (left <= 0 && headers == null && failure == null) {
        throw new SocketTimeoutException(
            "the server did not answer a request within " + timeout.toSeconds() + " s");
      }
    }
  }

  void headersReceived(Http2Headers received, boolean end) {
    CharSequence status = received.status();
    boolean interim = status != null && status.length() == 3 && status.charAt(0) == '1';
    if (headers == null && !interim) {
      headers = received;
    }
    ended |= end;
    changed.signalAll();
  }

  void dataReceived(byte[] data, boolean end) {
    if (failure != null) {
      connection.consumed(stream, data.length);
    } else if (data.length > 0) {
      chunks.add(data);
    }
    ended |= end;
    changed.signalAll();
  }

  void fail(IOException cause) {
    if (!ended && failure == null) {
      failure = cause;
    }
    changed.signalAll();
  }

  private long await(long nanos) throws IOException {
    try {
      return changed.awaitNanos(nanos);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("waiting for the server was interrupted");
    }
  }

  private void throwIfFailed() throws IOException {
    IOException cause = failure;
    if (cause != null) {
      throw new IOException(cause.getMessage(), cause);
    }
  }

  private int take(byte[] target, int offset, int length) throws IOException {
    long left = readTimeout.isZero() ? Long.MAX_VALUE : readTimeout.toNanos();
    while (chunks.isEmpty()) {
      if (ended) {
        return -1;
      }
      throwIfFailed();
      left = await(left);
      if (left <= 0 && chunks.isEmpty() && !ended && failure == null) {
        throw new SocketTimeoutException(
            "the server was silent for " + readTimeout.toSeconds() + " s");
      }
    }
    byte[] first = chunks.getFirst();
    int size = Math.min(length, first.length - chunkOffset);
    System.arraycopy(first, chunkOffset, target, offset, size);
    chunkOffset += size;
    if (chunkOffset == first.length) {
      chunks.removeFirst();
      chunkOffset = 0;
      connection.consumed(stream, first.length);
    }
    return size;
  }

  private final class Body extends InputStream {
    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      Objects.checkFromIndexSize(offset, length, target.length);
      return length == 0 ? 0 : connection.call(() -> take(target, offset, length));
    }

    @Override
    public void close() {
      Http2Response.this.close();
    }
  }
}
