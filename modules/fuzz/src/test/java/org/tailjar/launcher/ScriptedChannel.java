package org.tailjar.launcher;

import java.io.ByteArrayOutputStream;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.Set;
import org.tailjar.fuzz.Input;

/** A connection whose other end says what an input holds, in pieces, and takes every answer. */
final class ScriptedChannel extends SocketChannel {

  private final Input input;
  private final int piece;
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();

  ScriptedChannel(Input input, int piece) {
    super(SelectorProvider.provider());
    this.input = input;
    this.piece = piece;
  }

  byte[] written() {
    return written.toByteArray();
  }

  @Override
  public int read(ByteBuffer to) {
    if (input.isEmpty()) {
      return -1;
    }
    byte[] next = input.take(Math.min(piece, to.remaining()));
    to.put(next);
    return next.length;
  }

  @Override
  public int write(ByteBuffer from) {
    byte[] bytes = new byte[from.remaining()];
    from.get(bytes);
    written.writeBytes(bytes);
    return bytes.length;
  }

  @Override
  public long read(ByteBuffer[] to, int offset, int length) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long write(ByteBuffer[] from, int offset, int length) {
    throw new UnsupportedOperationException();
  }

  @Override
  public SocketChannel bind(SocketAddress local) {
    return this;
  }

  @Override
  public <T> SocketChannel setOption(SocketOption<T> name, T value) {
    return this;
  }

  @Override
  public <T> T getOption(SocketOption<T> name) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Set<SocketOption<?>> supportedOptions() {
    return Set.of();
  }

  @Override
  public SocketChannel shutdownInput() {
    return this;
  }

  @Override
  public SocketChannel shutdownOutput() {
    return this;
  }

  @Override
  public Socket socket() {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean isConnected() {
    return true;
  }

  @Override
  public boolean isConnectionPending() {
    return false;
  }

  @Override
  public boolean connect(SocketAddress remote) {
    return true;
  }

  @Override
  public boolean finishConnect() {
    return true;
  }

  @Override
  public SocketAddress getRemoteAddress() {
    throw new UnsupportedOperationException();
  }

  @Override
  public SocketAddress getLocalAddress() {
    throw new UnsupportedOperationException();
  }

  @Override
  protected void implCloseSelectableChannel() {}

  @Override
  protected void implConfigureBlocking(boolean block) {}
}
