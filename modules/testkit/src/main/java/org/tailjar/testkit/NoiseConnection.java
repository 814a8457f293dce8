package org.tailjar.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.MachinePublicKey;
import org.tailjar.headscale.NoiseHandshake;
import org.tailjar.headscale.NoiseTransport;

/** The byte stream inside a ts2021 session. One thread reads, one writes. */
final class NoiseConnection {

  private static final byte[] EARLY_PAYLOAD_MAGIC = {-1, -1, -1, 'T', 'S'};

  private final NoiseTransport transport;
  private final int version;
  private final InputStream in;
  private final OutputStream out;
  private final byte[] received = new byte[16 << 10];

  private NoiseConnection(NoiseTransport transport, int version, InputStream in, OutputStream out) {
    this.transport = transport;
    this.version = version;
    this.in = in;
    this.out = out;
  }

  /** Sends the response of a handshake. */
  static NoiseConnection open(NoiseHandshake.Accepted accepted, InputStream in, OutputStream out)
      throws IOException {
    out.write(accepted.response());
    out.flush();
    return new NoiseConnection(accepted.transport(), accepted.version(), in, out);
  }

  /** Who is at the other end. */
  MachinePublicKey machineKey() {
    return transport.peer();
  }

  /** The capability version of the other end. */
  int version() {
    return version;
  }

  /** Sends the JSON that precedes HTTP/2. */
  void writeEarlyPayload(String json) throws IOException {
    byte[] text = json.getBytes(StandardCharsets.UTF_8);
    write(
        ByteBuffer.allocate(EARLY_PAYLOAD_MAGIC.length + Integer.BYTES + text.length)
            .put(EARLY_PAYLOAD_MAGIC)
            .putInt(text.length)
            .put(text)
            .array());
  }

  /** Sends bytes. */
  void write(byte[] bytes) throws IOException {
    out.write(transport.sender().seal(bytes, 0, bytes.length));
    out.flush();
  }

  /** The next bytes, as many as there are; null at the end. */
  byte @Nullable [] read() throws IOException {
    while (true) {
      int count = in.read(received);
      if (count < 0) {
        return null;
      }
      byte[] plaintext = transport.receiver().open(received, 0, count);
      if (plaintext.length > 0) {
        return plaintext;
      }
    }
  }
}
