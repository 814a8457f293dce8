package org.tailjar.launcher;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * {@code tailjar healthcheck}: asks the node on this system whether it is ready. It runs every few
 * seconds beside the node in the same memory limit, so it loads next to nothing: no command line
 * parser, no HTTP library.
 */
final class HealthCheck {
  /** Less than Docker's own default of 30 s, and than the 5 s that people often set. */
  private static final Duration TIMEOUT = Duration.ofSeconds(4);

  private static final int LARGEST_ANSWER = 4096;

  private HealthCheck() {}

  /**
   * Prints the node's answer.
   *
   * @return the exit status: 0 when ready, 1 when not
   */
  static int run(SocketLocation location, PrintStream out) {
    try (var channel = LocalConnection.open(location);
        var deadline = new Deadline(channel, TIMEOUT)) {
      try {
        return judge(ask(channel), out);
      } catch (IOException e) {
        out.println(deadline.passed() ? "the node does not answer" : e.getMessage());
        return 1;
      }
    } catch (IOException e) {
      out.println(e.getMessage());
      return 1;
    }
  }

  /** HTTP/1.0, so that the end of the connection is the end of the answer. */
  private static String ask(SocketChannel channel) throws IOException {
    var request = "GET /readyz HTTP/1.0\r\nHost: " + LocalApi.HOST + "\r\n\r\n";
    var out = ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII));
    while (out.hasRemaining()) {
      channel.write(out);
    }
    var in = ByteBuffer.allocate(LARGEST_ANSWER);
    while (in.hasRemaining() && channel.read(in) >= 0) {}
    return new String(in.array(), 0, in.position(), StandardCharsets.UTF_8);
  }

  private static int judge(String answer, PrintStream out) {
    int end = answer.indexOf("\r\n\r\n");
    var status = answer.split(" ", 3);
    if (end < 0 || status.length < 3 || !status[0].startsWith("HTTP/1.")) {
      out.println("the node gave no answer");
      return 1;
    }
    out.println(answer.substring(end + 4).strip());
    return status[1].equals("200") ? 0 : 1;
  }
}
