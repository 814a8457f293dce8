package org.tailjar.launcher;

import java.io.IOException;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** Pings a peer until a direct path answers, as the incumbent does. */
@Command(
    name = "ping",
    description = "Ping a peer over the paths that its packets take, until a direct path answers.")
final class Ping extends Commands.Base {
  private static final Duration INTERVAL = Duration.ofSeconds(1);

  @Option(
      names = {"-c", "--count"},
      paramLabel = "N",
      defaultValue = "10",
      description = "How many pings at most, 0 for no end; ${DEFAULT-VALUE}.")
  private int count;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "5",
      description = "How long to wait for one answer; ${DEFAULT-VALUE}.")
  private double timeout;

  @Option(
      names = "--until-direct",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description = "Whether to end once a direct path answers; ${DEFAULT-VALUE}.")
  private boolean untilDirect;

  @Parameters(paramLabel = "PEER", description = "A name or an address.")
  private @Nullable String peer;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (count < 0 || !(timeout > 0)) {
      throw new ParameterException(
          Objects.requireNonNull(spec).commandLine(),
          "--count is 0 or more, and --timeout is more than 0 seconds");
    }
    var client = client();
    var address = address(client.status(true));
    boolean answered = false;
    for (int i = 1; count == 0 || i <= count; i++) {
      try {
        var reply = client.ping(address, Duration.ofMillis((long) (timeout * 1000)));
        if (reply.isLocalIp()) {
          out().println(reply.error());
          return ExitStatus.OK;
        }
        if (reply.error().isEmpty()) {
          answered = true;
          boolean direct = !reply.endpoint().isEmpty();
          out()
              .println(
                  "pong from %s (%s) via %s in %s"
                      .formatted(
                          reply.nodeName(),
                          reply.nodeIp(),
                          direct ? reply.endpoint() : "DERP(" + reply.derpRegionCode() + ")",
                          milliseconds(reply.latencySeconds())));
          if (direct && untilDirect) {
            return ExitStatus.OK;
          }
        } else if (reply.error().equals("no matching peer")) {
          err().println(reply.error());
          return ExitStatus.FAILURE;
        } else {
          out().println(reply.error());
        }
      } catch (SocketTimeoutException e) {
        out().println("ping \"%s\" timed out".formatted(AddressText.of(address)));
      }
      if (i != count) {
        Thread.sleep(INTERVAL);
      }
    }
    if (!answered) {
      err().println("no reply");
      return ExitStatus.FAILURE;
    }
    if (untilDirect) {
      err().println("direct connection not established");
      return ExitStatus.FAILURE;
    }
    return ExitStatus.OK;
  }

  private InetAddress address(StatusDocument status) throws IOException {
    var name = Objects.requireNonNull(peer);
    var literal = Commands.literal(name);
    if (literal.isPresent()) {
      return literal.get();
    }
    var addresses =
        PeerName.find(status, name)
            .map(StatusDocument.Machine::tailscaleIps)
            .filter(found -> !found.isEmpty())
            .orElseThrow(() -> new IOException("no peer has the name " + name));
    return InetAddress.ofLiteral(addresses.getFirst());
  }

  private static String milliseconds(double seconds) {
    return Math.max(1, Math.round(seconds * 1000)) + "ms";
  }
}
