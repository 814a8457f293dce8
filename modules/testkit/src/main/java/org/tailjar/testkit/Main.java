package org.tailjar.testkit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import org.tailjar.headscale.Node;

/**
 * A tailnet for programs that are not written in Java, or not started by one: {@code java -m
 * org.tailjar.testkit/org.tailjar.testkit.Main [ADDRESS]}.
 *
 * <p>Prints the environment of a node that joins, {@code TAILSCALE_SERVER_URL} and {@code
 * TAILSCALE_KEY}, a line each. Then each line read is answered: {@code key} and {@code key
 * ephemeral} by a new reusable key, {@code nodes} by a line for each node (number, name, online or
 * offline, addresses) and an empty one. Ends with its input.
 */
public final class Main {

  private Main() {}

  /** Takes the address to listen on, 127.0.0.1 if there is none. */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length > 1) {
      System.err.println("usage: java -m org.tailjar.testkit/org.tailjar.testkit.Main [ADDRESS]");
      System.exit(64);
    }
    InetAddress address = InetAddress.ofLiteral(arguments.length == 0 ? "127.0.0.1" : arguments[0]);
    try (TestTailnet tailnet = TestTailnet.builder().address(address).start();
        BufferedReader commands =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      System.out.println("TAILSCALE_SERVER_URL=" + tailnet.url());
      System.out.println("TAILSCALE_KEY=" + tailnet.control().newAuthKey(AuthKeyOptions.REUSABLE));
      String command = commands.readLine();
      while (command != null) {
        System.out.println(answer(tailnet.control(), command.strip()));
        command = commands.readLine();
      }
    }
  }

  private static String answer(ControlServer control, String command) {
    return switch (command) {
      case "key" -> control.newAuthKey(AuthKeyOptions.REUSABLE);
      case "key ephemeral" -> control.newAuthKey(AuthKeyOptions.EPHEMERAL);
      case "nodes" -> {
        StringBuilder lines = new StringBuilder();
        for (Node node : control.nodes()) {
          lines
              .append(node.id())
              .append(' ')
              .append(node.name())
              .append(Boolean.TRUE.equals(node.online()) ? " online " : " offline ")
              .append(String.join(" ", node.addresses()))
              .append('\n');
        }
        yield lines.toString();
      }
      default -> "key, key ephemeral or nodes: not " + command;
    };
  }
}
