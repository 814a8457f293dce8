package org.tailjar.headscale;

import java.io.Closeable;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What HTTP/2 runs over: one thread reads, one thread writes, any thread closes. */
interface ByteStream extends Closeable {

  /** The next bytes, at least one; null at the end of the stream. */
  byte @Nullable [] read() throws IOException;

  /** Sends all bytes. */
  void write(byte[] bytes) throws IOException;

  /** Wakes the reader and the writer; does not block for long. */
  @Override
  void close();
}
