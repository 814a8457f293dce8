package org.tailjar.dataplane;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.tailjar.linux.UdpAddress;
import org.tailjar.linux.UdpSocket;

/** A service by TCP and UDP that gives back what it gets, and a client that checks it. */
final class Echo {

  private static final int PORT = 7007;
  private static final int TCP_BYTES = 8 << 20;
  private static final int TIMEOUT_MILLIS = 1_000;
  private static final int TRIES = 5;
  private static final int BURST = 24;
  private static final int BURST_BYTES = 400;

  private Echo() {}

  /** Serves until the process ends. */
  static void serve(InetAddress address) throws IOException {
    ServerSocket server = new ServerSocket(PORT, 1, address);
    DatagramSocket datagrams = new DatagramSocket(PORT, address);
    Thread.ofPlatform().daemon().start(() -> serveTcp(server));
    Thread.ofPlatform().daemon().start(() -> serveUdp(datagrams));
  }

  private static void serveTcp(ServerSocket server) {
    while (true) {
      try (Socket socket = server.accept()) {
        socket.getInputStream().transferTo(socket.getOutputStream());
      } catch (IOException e) {
        e.printStackTrace();
      }
    }
  }

  private static void serveUdp(DatagramSocket socket) {
    byte[] buffer = new byte[65_536];
    while (true) {
      try {
        DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
        socket.receive(packet);
        socket.send(packet);
      } catch (IOException e) {
        e.printStackTrace();
      }
    }
  }

  /**
   * Sends by TCP, and datagrams of these sizes.
   *
   * @return {@code ok}, and packets in each read of the interface while many datagrams were sent in
   *     one call; or what went wrong
   */
  static String check(InetAddress address, String sizes, Statistics statistics) throws Exception {
    if (!tcp(address)) {
      return "TCP";
    }
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.connect(address, PORT);
      for (String size : sizes.split(",")) {
        if (!udp(socket, Integer.parseInt(size))) {
          return "UDP with " + size + " bytes";
        }
      }
    }
    return "ok burst=%.1f".formatted(burst(address, statistics));
  }

  private static boolean tcp(InetAddress address)
      throws IOException, InterruptedException, ExecutionException {
    byte[] bytes = new byte[TCP_BYTES];
    new Random(1).nextBytes(bytes);
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(address, PORT), 10 * TIMEOUT_MILLIS);
      socket.setSoTimeout(20 * TIMEOUT_MILLIS);
      OutputStream out = socket.getOutputStream();
      FutureTask<Boolean> sent =
          new FutureTask<>(
              () -> {
                out.write(bytes);
                socket.shutdownOutput();
                return true;
              });
      Thread.ofPlatform().start(sent);
      InputStream in = socket.getInputStream();
      return Arrays.equals(in.readAllBytes(), bytes) && sent.get();
    }
  }

  private static boolean udp(DatagramSocket socket, int size) throws IOException {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    for (int i = 0; i < TRIES; i++) {
      socket.send(new DatagramPacket(bytes, size));
      DatagramPacket answer = new DatagramPacket(new byte[65_536], 65_536);
      try {
        socket.receive(answer);
        return Arrays.equals(Arrays.copyOf(answer.getData(), answer.getLength()), bytes);
      } catch (SocketTimeoutException _) {
        continue; // UDP may lose it
      }
    }
    return false;
  }

  /** Sends datagrams in one call, and waits until the first is back. */
  private static double burst(InetAddress address, Statistics statistics) throws Exception {
    Statistics.Calls before = statistics.snapshot().tunReads();
    MemorySegment memory = Arena.ofAuto().allocate(BURST * BURST_BYTES, 8);
    memory.set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
    try (UdpSocket socket = UdpSocket.bind(address.getAddress().length > 4, 0, 0)) {
      UdpAddress to = UdpAddress.of(new InetSocketAddress(address, PORT));
      socket.sender().send(memory, 0, BURST * BURST_BYTES, BURST_BYTES, to);
    }
    Statistics.Calls after = statistics.snapshot().tunReads();
    for (int i = 0; i < 100 && after.packets() - before.packets() < BURST; i++) {
      Thread.sleep(20);
      after = statistics.snapshot().tunReads();
    }
    return (double) (after.packets() - before.packets()) / (after.calls() - before.calls());
  }
}
