package org.tailjar.headscale;

import java.io.EOFException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.tailjar.transport.Connection;

/** The plaintext of a Noise session over a connection, without its early payload. */
final class NoiseStream implements ByteStream {

  private final Connection connection;
  private final NoiseTransport noise;
  private final EarlyPayload earlyPayload = new EarlyPayload();
  private final byte[] buffer = new byte[16 << 10];
  private byte[] beyond;

  /**
   * A stream over a connection on which the handshake is complete.
   *
   * @param beyond what was received behind the handshake
   */
  NoiseStream(Connection connection, NoiseTransport noise, byte[] beyond) {
    this.connection = connection;
    this.noise = noise;
    this.beyond = beyond;
  }

  @Override
  public byte @Nullable [] read() throws IOException {
    while (true) {
      byte[] plaintext;
      if (beyond.length > 0) {
        plaintext = noise.receiver().open(beyond, 0, beyond.length);
        beyond = new byte[0];
      } else {
        int count = connection.in().read(buffer);
        if (count < 0) {
          if (!noise.receiver().atBoundary()) {
            throw new EOFException("the connection was cut within a Noise record");
          }
          return null;
        }
        plaintext = noise.receiver().open(buffer, 0, count);
      }
      byte[] rest = earlyPayload.strip(plaintext);
      if (rest.length > 0) {
        return rest;
      }
    }
  }

  @Override
  public void write(byte[] bytes) throws IOException {
    connection.out().write(noise.sender().seal(bytes, 0, bytes.length));
    connection.out().flush();
  }

  @Override
  public void close() {
    connection.close();
  }
}
