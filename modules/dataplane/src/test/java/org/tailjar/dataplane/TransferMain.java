package org.tailjar.dataplane;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.concurrent.FutureTask;

/**
 * One end of a TCP connection that carries random bytes both ways at once, to be run in a network
 * namespace. Arguments: {@code listen} or {@code connect}, address, port, bytes to send, least
 * milliseconds to take for it. Prints the SHA-256 of what it sent and of what it received.
 */
final class TransferMain {

  private static final int CHUNK = 1 << 16;
  private static final int CONNECT_TIMEOUT_MILLIS = 20_000;

  private TransferMain() {}

  static void main(String[] arguments) throws Exception {
    InetSocketAddress address =
        new InetSocketAddress(InetAddress.ofLiteral(arguments[1]), Integer.parseInt(arguments[2]));
    long bytes = Long.parseLong(arguments[3]);
    long nanos = Long.parseLong(arguments[4]) * 1_000_000;
    if (arguments[0].equals("listen")) {
      try (ServerSocket server = new ServerSocket()) {
        server.bind(address);
        System.out.println("listening");
        try (Socket socket = server.accept()) {
          transfer(socket, bytes, nanos);
        }
      }
    } else {
      try (Socket socket = new Socket()) {
        socket.connect(address, CONNECT_TIMEOUT_MILLIS);
        transfer(socket, bytes, nanos);
      }
    }
  }

  private static void transfer(Socket socket, long bytes, long nanos) throws Exception {
    FutureTask<String> sent = new FutureTask<>(() -> send(socket, bytes, nanos));
    Thread.ofPlatform().start(sent);
    String received = receive(socket.getInputStream());
    System.out.println("sent " + sent.get() + " received " + received);
  }

  private static String send(Socket socket, long bytes, long nanos)
      throws IOException, NoSuchAlgorithmException, InterruptedException {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    SplittableRandom random = new SplittableRandom();
    byte[] chunk = new byte[CHUNK];
    OutputStream out = socket.getOutputStream();
    long start = System.nanoTime();
    for (long done = 0; done < bytes; done += CHUNK) {
      random.nextBytes(chunk);
      int length = (int) Math.min(CHUNK, bytes - done);
      digest.update(chunk, 0, length);
      out.write(chunk, 0, length);
      long due = start + nanos / bytes * done;
      long early = due - System.nanoTime();
      if (early > 0) {
        Thread.sleep(early / 1_000_000);
      }
    }
    socket.shutdownOutput();
    return HexFormat.of().formatHex(digest.digest());
  }

  private static String receive(InputStream in) throws IOException, NoSuchAlgorithmException {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    byte[] chunk = new byte[CHUNK];
    int read;
    while ((read = in.read(chunk)) >= 0) {
      digest.update(chunk, 0, read);
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
