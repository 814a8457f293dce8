package org.tailjar.transport;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** A server on loopback that does one thing with every connection. */
final class LoopbackServer implements Closeable {

  /** What happens to a connection. */
  interface Behaviour {
    void serve(Socket socket) throws IOException;
  }

  /** Sends back what it receives. */
  static final Behaviour ECHO =
      socket -> socket.getInputStream().transferTo(socket.getOutputStream());

  /** Neither reads nor writes. */
  static final Behaviour SILENT = socket -> {};

  private final ServerSocket server;
  private final CopyOnWriteArrayList<Socket> sockets = new CopyOnWriteArrayList<>();

  private LoopbackServer(ServerSocket server, Behaviour behaviour) {
    this.server = server;
    Thread.ofVirtual().start(() -> accept(behaviour));
  }

  static LoopbackServer plain(Behaviour behaviour) throws IOException {
    return new LoopbackServer(
        new ServerSocket(0, 10, InetAddress.getByName("127.0.0.1")), behaviour);
  }

  static LoopbackServer tls(Behaviour behaviour) throws IOException, GeneralSecurityException {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = LoopbackServer.class.getResourceAsStream("localhost.p12")) {
      keys.load(in, "changeit".toCharArray());
    }
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(keys, "changeit".toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(factory.getKeyManagers(), null, null);
    return new LoopbackServer(
        context
            .getServerSocketFactory()
            .createServerSocket(0, 10, InetAddress.getByName("127.0.0.1")),
        behaviour);
  }

  int port() {
    return server.getLocalPort();
  }

  int accepted() {
    return sockets.size();
  }

  private void accept(Behaviour behaviour) {
    while (!server.isClosed()) {
      @Nullable Socket socket = null;
      try {
        Socket next = server.accept();
        socket = next;
        sockets.add(next);
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    behaviour.serve(next);
                  } catch (IOException e) {
                    Connection.closeQuietly(next);
                  }
                });
      } catch (IOException e) {
        return;
      }
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    sockets.forEach(Connection::closeQuietly);
  }
}
