package org.tailjar.systemtests.profile;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tailjar.systemtests.Lab;
import org.tailjar.systemtests.Shell;
import org.tailjar.systemtests.throughput.CleanExit;
import org.tailjar.systemtests.throughput.Load;
import org.tailjar.systemtests.throughput.TailjarPeer;
import org.tailjar.systemtests.throughput.Tunnel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command {@code scripts/profile}. */
@Command(
    name = "scripts/profile",
    usageHelpWidth = 120,
    description =
        "Puts a load on two nodes of this source, and prints where their time goes: by the JVM's"
            + " Flight Recorder, and by perf where it is on PATH. Recordings are left in"
            + " dist/profile.")
final class Profile implements Runnable {

  private static final Duration WARM_UP = Duration.ofSeconds(6);
  private static final int LINES = 12;

  @Parameters(
      arity = "0..1",
      paramLabel = "SECONDS",
      defaultValue = "10",
      description = "Length of the recording: 10.")
  private int seconds;

  @Option(
      names = "--load",
      defaultValue = "tcp1",
      description = "One of those of scripts/bench throughput: tcp1.")
  private String load = "";

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this.")
  private boolean help;

  @Option(names = "--node", hidden = true, required = true)
  private Path node = Path.of("");

  @Option(names = "--output", hidden = true, required = true)
  private Path output = Path.of("");

  private Profile() {}

  public static void main(String[] arguments) {
    System.exit(CleanExit.execute(new Profile(), arguments));
  }

  @Override
  public void run() {
    Load chosen = Load.of(load);
    // What the lab takes its own tools from.
    System.setProperty("tailjar.dist", node.toAbsolutePath().toString());
    Lab.needWithLab("iperf3", "ss", "ping", "curl");
    TailjarPeer peer = TailjarPeer.of(node.toAbsolutePath());
    System.out.print(CleanExit.during(() -> report(peer, chosen)));
  }

  private String report(TailjarPeer peer, Load chosen) {
    try (Tunnel tunnel = peer.open(chosen.receivers(), chosen.scheme())) {
      System.err.println("warming up");
      tunnel.awaitDirect();
      if (chosen.relayed()) {
        tunnel.lab().blockUdp(Tunnel.SENDER, Tunnel.RECEIVER);
        tunnel.awaitRelayed();
      }
      chosen.on(tunnel, WARM_UP);
      System.err.println("recording");
      Files.createDirectories(output);
      // Of several receivers the last.
      List<Long> nodes =
          List.of(tunnel.ends().getFirst().process(), tunnel.ends().getLast().process());
      FlightRecording sender =
          FlightRecording.start(nodes.getFirst(), output.resolve("sender.jfr"));
      FlightRecording receiver =
          FlightRecording.start(nodes.getLast(), output.resolve("receiver.jfr"));
      chosen.on(tunnel, Duration.ofSeconds(seconds));
      sender.stop();
      receiver.stop();
      // After the other, which would be in its samples.
      PerfRecording perf = null;
      if (Shell.find("perf").isPresent()) {
        perf = PerfRecording.start(nodes, output.resolve("perf.data"));
        chosen.on(tunnel, Duration.ofSeconds(seconds));
        perf.stop();
      }
      StringBuilder text = new StringBuilder();
      node(text, "Sender", sender, perf, nodes.getFirst());
      node(text, "Receiver", receiver, perf, nodes.getLast());
      text.append("\nRecordings: ").append(output).append("/*.jfr");
      text.append(perf == null ? "; perf is not on PATH\n" : ", perf.data\n");
      return text.toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void node(
      StringBuilder text,
      String title,
      FlightRecording recording,
      @Nullable PerfRecording perf,
      long process) {
    text.append("\n## ").append(title).append("\n\n");
    text.append(recording.methods().table("thread", "method", LINES));
    if (perf != null) {
      text.append("\n");
      text.append(perf.symbols(process).table("kind", "symbol", LINES));
    }
  }
}
