package org.tailjar.transport;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * The streams of a TLS socket, such that one read gives what several records carry, where they have
 * come, and one write of several records is one write to the network. The JDK's own streams take
 * one record at a time.
 */
final class TlsStreams {

  private final Input in;
  private final Output out;

  /**
   * Of a TLS socket whose handshake is done.
   *
   * @param below what the TLS socket reads from and writes to
   */
  TlsStreams(SSLSocket socket, BufferedSocket below) throws IOException {
    in = new Input(socket.getInputStream(), below);
    out = new Output(socket.getOutputStream(), below);
  }

  InputStream in() {
    return in;
  }

  OutputStream out() {
    return out;
  }

  private static final class Input extends InputStream {
    private final InputStream tls;
    private final BufferedSocket below;
    private @Nullable IOException failure;

    Input(InputStream tls, BufferedSocket below) {
      this.tls = tls;
      this.below = below;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      if (failure != null) {
        throw failure;
      }
      int count = tls.read(into, offset, length);
      if (count <= 0 || count == length || !below.holdsRecord()) {
        return count;
      }
      below.waits(false);
      try {
        while (count < length && below.holdsRecord()) {
          int more = tls.read(into, offset + count, length - count);
          if (more < 0) {
            break; // and says so again to the next read
          }
          count += more;
        }
      } catch (SocketTimeoutException e) {
        // The last record was one of TLS itself, such as a session ticket.
      } catch (IOException e) {
        failure = e; // after what is good
      } finally {
        below.waits(true);
      }
      return count;
    }

    @Override
    public int available() throws IOException {
      return tls.available();
    }

    @Override
    public void close() throws IOException {
      tls.close();
    }
  }

  private static final class Output extends OutputStream {
    private static final int RECORD_BYTES = 16 << 10;

    private final OutputStream tls;
    private final BufferedSocket below;

    Output(OutputStream tls, BufferedSocket below) {
      this.tls = tls;
      this.below = below;
    }

    @Override
    public void write(int value) throws IOException {
      tls.write(value);
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
      if (length <= RECORD_BYTES) {
        tls.write(from, offset, length);
        return;
      }
      below.hold();
      try {
        tls.write(from, offset, length);
      } finally {
        below.release();
      }
    }

    @Override
    public void close() throws IOException {
      tls.close();
    }
  }
}
