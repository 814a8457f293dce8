import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * The traffic of the demo, by programs that know nothing of the tunnel: {@code fetch URL}, {@code
 * receive ADDRESS PORT} and {@code send ADDRESS PORT SECONDS}.
 */
final class Traffic {

  private static final int PIECE = 1 << 20;
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private Traffic() {}

  public static void main(String[] arguments) throws Exception {
    switch (arguments[0]) {
      case "fetch" -> fetch(URI.create(arguments[1]));
      case "receive" -> receive(socket(arguments));
      case "send" -> send(socket(arguments), Integer.parseInt(arguments[3]));
      default -> throw new IllegalArgumentException(arguments[0]);
    }
  }

  private static InetSocketAddress socket(String[] arguments) {
    return new InetSocketAddress(
        InetAddress.ofLiteral(arguments[1]), Integer.parseInt(arguments[2]));
  }

  /** Prints how many milliseconds it took, and the page; waits for a server that starts. */
  private static void fetch(URI page) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    try (HttpClient client =
        HttpClient.newBuilder()
            .connectTimeout(PATIENCE)
            .version(HttpClient.Version.HTTP_1_1)
            .build()) {
      while (true) {
        try {
          long start = System.nanoTime();
          HttpResponse<String> response =
              client.send(
                  HttpRequest.newBuilder(page).timeout(PATIENCE).build(),
                  HttpResponse.BodyHandlers.ofString());
          if (response.statusCode() != 200) {
            throw new IllegalStateException(page + " answers " + response.statusCode());
          }
          System.out.printf(Locale.ROOT, "%d%n", (System.nanoTime() - start) / 1_000_000);
          System.out.print(response.body());
          return;
        } catch (IOException e) {
          if (System.nanoTime() > deadline) {
            throw e;
          }
          TimeUnit.MILLISECONDS.sleep(50);
        }
      }
    }
  }

  /** Prints {@code listening}, then the bytes that came, and those that the interface counted. */
  private static void receive(InetSocketAddress address) throws IOException {
    try (ServerSocket server = new ServerSocket()) {
      server.bind(address);
      long before = counter(0);
      System.out.println("listening");
      try (Socket connection = server.accept();
          InputStream in = connection.getInputStream();
          OutputStream out = connection.getOutputStream()) {
        byte[] piece = new byte[PIECE];
        long bytes = 0;
        for (int count = in.read(piece); count >= 0; count = in.read(piece)) {
          bytes += count;
        }
        // That all has come: the sender's clock stops here.
        out.write(1);
        out.flush();
        System.out.println(bytes + " " + (counter(0) - before));
      }
    }
  }

  /** Prints the bytes that went, those that the interface counted, and the nanoseconds. */
  private static void send(InetSocketAddress address, int seconds) throws IOException {
    long before = counter(8);
    try (Socket connection = new Socket()) {
      connection.connect(address, (int) PATIENCE.toMillis());
      OutputStream out = connection.getOutputStream();
      byte[] piece = new byte[PIECE];
      long start = System.nanoTime();
      long end = start + TimeUnit.SECONDS.toNanos(seconds);
      long bytes = 0;
      while (System.nanoTime() < end) {
        out.write(piece);
        bytes += piece.length;
      }
      connection.shutdownOutput();
      if (connection.getInputStream().read() != 1) {
        throw new IOException("the receiver did not get all");
      }
      long nanos = System.nanoTime() - start;
      System.out.println(bytes + " " + (counter(8) - before) + " " + nanos);
    }
  }

  /** A counter of the tunnel's interface: 0 is bytes to the programs, 8 is bytes from them. */
  private static long counter(int column) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/net/dev"))) {
      String[] parts = line.strip().split(":\\s*");
      if (parts[0].equals("tailscale0")) {
        return Long.parseLong(parts[1].split("\\s+")[column]);
      }
    }
    throw new IOException("there is no interface tailscale0");
  }
}
