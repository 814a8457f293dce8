import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.tailjar.testkit.AuthKeyOptions;
import org.tailjar.testkit.TestTailnet;

/**
 * The story that {@code scripts/demo} tells, in a network namespace that is its alone: {@code Demo
 * RUNTIME DIRECTORY [--relay] [--keep] [--user]}. Any failure is one paragraph and exit status 1.
 */
final class Demo {

  private static final String SERVER = "10.77.0.1";
  private static final String BRIDGE = "br0";
  private static final String PAGE = "Hello from beta.";
  private static final int PAGE_PORT = 8080;
  private static final int TRAFFIC_PORT = 5001;
  private static final int TRAFFIC_SECONDS = 3;
  private static final int MTU = 1280;
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

  /** The interface counts headers too, and what TCP sends again when the relay drops packets. */
  private static final int LARGEST_EXCESS = 2;

  private final Path directory;
  private final Path launcher;
  private final boolean relay;
  private final boolean keep;
  private final boolean user;
  private final List<Host> hosts = new ArrayList<>();

  private Demo(List<String> arguments) {
    launcher = Path.of(arguments.get(0), "bin", "tailjar");
    directory = Path.of(arguments.get(1));
    relay = arguments.contains("--relay");
    keep = arguments.contains("--keep");
    user = arguments.contains("--user");
  }

  public static void main(String[] arguments) {
    Demo demo = new Demo(List.of(arguments));
    Thread stop = new Thread(demo::stopQuietly);
    Runtime.getRuntime().addShutdownHook(stop);
    int status = 0;
    try {
      demo.run();
    } catch (IOException | IllegalStateException e) {
      System.err.println("\nthe demo failed: " + e.getMessage());
      status = 1;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      status = 1;
    }
    System.exit(status);
  }

  private void run() throws IOException, InterruptedException {
    Programs.output(List.of("ip", "link", "set", "lo", "up"));
    Programs.output(List.of("ip", "link", "add", BRIDGE, "type", "bridge"));
    Programs.output(List.of("ip", "addr", "add", SERVER + "/24", "dev", BRIDGE));
    Programs.output(List.of("ip", "link", "set", BRIDGE, "up"));
    try (TestTailnet tailnet =
        TestTailnet.builder().address(InetAddress.ofLiteral(SERVER)).start()) {
      say("server", "control server, relay and STUN server at " + tailnet.url());
      Host alpha = host("alpha", "10.77.0.2");
      Host beta = host("beta", "10.77.0.3");
      if (relay) {
        alpha.isolate();
        beta.isolate();
        say("network", "alpha and beta reach the server, and not each other");
      }
      for (Host host : hosts) {
        int before = tailnet.control().nodes().size();
        host.join(tailnet.url(), tailnet.control().newAuthKey(AuthKeyOptions.ONCE));
        // Addresses are given in the order of arrival.
        while (tailnet.control().nodes().size() == before && host.isComing()) {
          TimeUnit.MILLISECONDS.sleep(10);
        }
      }
      for (Host host : hosts) {
        Duration took = host.awaitReady();
        say(host.name(), "is %s, ready after %s".formatted(host.address(), seconds(took)));
      }
      fetchPage(alpha, beta);
      findPath(alpha);
      long before = tailnet.derp().relayed();
      long bytes = moveData(alpha, beta);
      checkWay(tailnet.derp().relayed() - before, bytes);
      say("status", "of alpha");
      System.out.println(alpha.tailjar("status").output().indent(12).stripTrailing());
      if (keep) {
        lookAround(alpha, beta);
      }
      stop();
    }
  }

  private Host host(String name, String address) throws IOException, InterruptedException {
    Host host = new Host(name, directory, launcher, address, BRIDGE);
    hosts.add(host);
    return host;
  }

  private void fetchPage(Host from, Host at) throws IOException, InterruptedException {
    Path root = Files.createDirectory(directory.resolve("page"));
    Files.writeString(root.resolve("index.html"), PAGE);
    String address = at.address();
    at.start(
        "page.log",
        java(),
        "-XX:-UsePerfData",
        "-m",
        "jdk.httpserver",
        "-b",
        address,
        "-p",
        Integer.toString(PAGE_PORT),
        "-d",
        root.toString());
    String url = "http://%s:%d/".formatted(address, PAGE_PORT);
    String[] fetched = from.run(traffic("fetch", url)).split("\n", 2);
    if (fetched.length < 2 || !fetched[1].strip().equals(PAGE)) {
      throw new IllegalStateException("not the page of beta: " + List.of(fetched));
    }
    say("page", "alpha fetched %s in %s ms: \"%s\"".formatted(url, fetched[0], fetched[1].strip()));
  }

  /** Pings until the path is the one that is to be seen. */
  private void findPath(Host from) throws IOException, InterruptedException {
    String wanted = relay ? "via DERP(" : "via 10.77.0.";
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    Programs.Result result;
    do {
      result = from.tailjar("ping", "--count=1", "--until-direct=false", "beta");
    } while (!result.output().contains(wanted) && System.nanoTime() < deadline);
    if (!result.output().contains(wanted)) {
      throw new IllegalStateException("no ping " + wanted + ": " + result.output());
    }
    String pong = result.output().lines().filter(l -> l.startsWith("pong")).findFirst().orElse("");
    say(relay ? "relayed" : "direct", pong);
  }

  /** Gives the number of bytes. */
  private long moveData(Host from, Host to) throws IOException, InterruptedException {
    String address = to.address();
    Process receiver =
        to.start("receive.log", traffic("receive", address, Integer.toString(TRAFFIC_PORT)));
    Path log = directory.resolve("receive.log");
    while (!Files.readString(log).contains("listening")) {
      if (!receiver.isAlive()) {
        throw new IllegalStateException("nothing to send to: " + Files.readString(log));
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
    String port = Integer.toString(TRAFFIC_PORT);
    long[] sent =
        numbers(from.run(traffic("send", address, port, Integer.toString(TRAFFIC_SECONDS))));
    receiver.waitFor();
    long[] received = numbers(Files.readString(log).lines().toList().getLast());
    if (received[0] != sent[0]) {
      throw new IllegalStateException(sent[0] + " bytes went, " + received[0] + " came");
    }
    for (long counted : List.of(sent[1], received[1])) {
      if (counted < sent[0] || counted > sent[0] * LARGEST_EXCESS) {
        throw new IllegalStateException(
            "tailscale0 counted %d bytes of %d".formatted(counted, sent[0]));
      }
    }
    say(
        "throughput",
        "%.2f Gbit/s by one TCP connection from alpha to beta: %s in %s"
            .formatted(sent[0] * 8.0 / sent[2], size(sent[0]), seconds(Duration.ofNanos(sent[2]))));
    say(
        "",
        "counted by tailscale0, with headers%s: %s at alpha, %s at beta"
            .formatted(relay ? " and what TCP sent again" : "", size(sent[1]), size(received[1])));
    return sent[0];
  }

  private void checkWay(long relayedPackets, long bytes) {
    if (relay) {
      say("", "packets through the relay: %,d".formatted(relayedPackets));
    }
    boolean most = relayedPackets > bytes / MTU / 2;
    if (most != relay) {
      throw new IllegalStateException(
          "%,d packets of %,d bytes took the relay".formatted(relayedPackets, bytes));
    }
  }

  private void lookAround(Host alpha, Host beta) throws IOException, InterruptedException {
    Path a = alpha.command(directory, user);
    Path b = beta.command(directory, user);
    System.out.printf(
        Locale.ROOT,
        """

        Both nodes go on. To look around, in another terminal:
          %1$s tailjar status
          %1$s tailjar ping --count=3 beta
          %1$s curl http://%3$s:%4$d/
          %2$s ip addr show tailscale0
          less +F %5$s
        Enter or Ctrl-C ends it.
        """,
        a,
        b,
        beta.address(),
        PAGE_PORT,
        alpha.log());
    if (System.in.read() < 0) {
      // Without a terminal there is no Enter.
      Thread.currentThread().join();
    }
  }

  private void stop() throws IOException, InterruptedException {
    for (Host host : hosts) {
      int status = host.stop();
      if (status != 0 || host.hasInterface()) {
        throw new IllegalStateException(
            "%s ended with status %d:%n%s"
                .formatted(host.name(), status, Files.readString(host.log())));
      }
    }
    say("stopped", "both nodes ended with status 0 and took their interfaces away");
  }

  /** For an end before the end: what does not stop is killed with the namespaces. */
  private void stopQuietly() {
    try {
      for (Host host : hosts) {
        host.stop();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  private static String[] traffic(String... arguments) {
    List<String> line =
        new ArrayList<>(List.of(java(), "-XX:+UseSerialGC", "-XX:-UsePerfData", "-cp"));
    line.add(System.getProperty("java.class.path"));
    line.add("Traffic");
    line.addAll(List.of(arguments));
    return line.toArray(String[]::new);
  }

  private static long[] numbers(String line) {
    return List.of(line.split(" ")).stream().mapToLong(Long::parseLong).toArray();
  }

  private static String size(long bytes) {
    return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
  }

  private static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1e3);
  }

  private static void say(String what, String text) {
    System.out.printf(Locale.ROOT, "%-11s %s%n", what, text);
  }
}
