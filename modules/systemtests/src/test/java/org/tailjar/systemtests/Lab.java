package org.tailjar.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A small tailnet on one machine: hosts, a control server on the first of them, which is a real
 * headscale with its DERP and its STUN server or the testkit's, and nodes on the others. Everything
 * is gone after {@link #close}.
 */
public final class Lab extends HostNetwork {

  /** How the control server is reached. */
  public enum Scheme {
    HTTP,
    HTTPS
  }

  /** What every lab starts itself. */
  private static final String[] TOOLS = {"ip", "socat", "openssl", "nft"};

  private final List<LabNode> nodes = new ArrayList<>();
  private @Nullable Certificate certificate;
  private @Nullable ControlServer server;

  private Lab() {}

  /** Makes the hosts and starts headscale on one of them, or says by name what is missing. */
  public static Lab start(Scheme scheme) {
    return start(scheme, HeadscaleServer.DNS);
  }

  /** The same with these DNS settings, the part of headscale's configuration named {@code dns}. */
  static Lab start(Scheme scheme, String dns) {
    Requirements.need("headscale");
    return start(
        lab -> {
          HeadscaleServer headscale =
              new HeadscaleServer(
                  lab, dns, Optional.of(lab.certificate()).filter(_ -> scheme == Scheme.HTTPS));
          lab.server = headscale;
          headscale.start();
          headscale.createUser();
        });
  }

  /** The same over http, with the testkit's control server where there is no headscale. */
  public static Lab startWithAnyServer() {
    return Shell.find("headscale").isPresent() ? start(Scheme.HTTP) : startEmbedded();
  }

  /** The same over http, with the testkit's control server, relay and STUN server. */
  static Lab startEmbedded() {
    return start(lab -> lab.server = new EmbeddedControl(lab.inside(SERVER), SERVER_ADDRESS));
  }

  /** The hosts and their bridge alone, for tunnels that need no control server. */
  public static Lab startWithoutServer() {
    return start(_ -> {});
  }

  private static Lab start(Consumer<Lab> startServer) {
    needWithLab();
    Lab lab = new Lab();
    try {
      lab.build();
      lab.certificate = Certificate.make(lab);
      startServer.accept(lab);
      return lab;
    } catch (RuntimeException | AssertionError e) {
      lab.close();
      throw e;
    }
  }

  /** Skips the test, naming what it lacks of what a lab needs and of these programs. */
  public static void needWithLab(String... programs) {
    Requirements.need(Stream.concat(Stream.of(TOOLS), Stream.of(programs)).toArray(String[]::new));
  }

  /** What the nodes join. */
  ControlServer server() {
    return Objects.requireNonNull(server, "a lab without a control server");
  }

  /** The same where it is the real one. */
  public HeadscaleServer headscale() {
    return (HeadscaleServer) server();
  }

  /** Of the https server, and for servers of a test's own on its host. */
  Certificate certificate() {
    return Objects.requireNonNull(certificate);
  }

  /** A node of ours that is not started yet. */
  public TailjarNode tailjar(String host) {
    TailjarNode node = new TailjarNode(this, host);
    nodes.add(node);
    return node;
  }

  /** A real tailscaled that has joined, or the test is skipped by name. */
  public TailscaledNode tailscaled(String host) {
    Requirements.need("tailscaled", "tailscale");
    TailscaledNode node = new TailscaledNode(this, host);
    nodes.add(node);
    node.join();
    return node;
  }

  /** Sends so many bytes of random data over TCP and compares their checksums. */
  void copy(String from, String to, String address, int megabytes) {
    Path data = file("random-" + megabytes);
    if (!Files.exists(data)) {
      Shell.run("sh", "-c", "head -c " + megabytes + "M /dev/urandom > " + data).succeeded();
    }
    Path got = file("got");
    boolean six = address.indexOf(':') >= 0;
    Process receiver =
        spawn(
            to,
            file("socat.log"),
            Map.of(),
            "socat",
            "-u",
            (six ? "TCP6-LISTEN" : "TCP4-LISTEN") + ":7777,reuseaddr",
            "OPEN:" + got + ",creat,trunc");
    try {
      awaitListener(to, 7777);
      String target = six ? "TCP6:[" + address + "]:7777" : "TCP4:" + address + ":7777";
      Shell.run(
              Duration.ofSeconds(120),
              inside(from, "socat", "-u", "OPEN:" + data, target + ",connect-timeout=10"))
          .succeeded();
      Shell.await(receiver);
      assertThat(Shell.run("cmp", data.toString(), got.toString()).status())
          .as("%d MB from %s to %s arrive unchanged", megabytes, from, to)
          .isZero();
    } finally {
      receiver.descendants().forEach(ProcessHandle::destroyForcibly);
      receiver.destroyForcibly();
    }
  }

  /**
   * Asserts that a host comes to reach an address: a new node is told of to the others a moment
   * after it is up.
   */
  void assertReaches(String from, String address) {
    assertThat(Shell.eventually(() -> pings(from, address, 1) == 1))
        .as("%s reaches %s", from, address)
        .isTrue();
  }

  /** Sends pings and says how many were answered. */
  public int pings(String from, String address, int count) {
    String output =
        run(from, "ping", "-n", "-i", "0.2", "-W", "5", "-c", "" + count, address).output();
    Matcher received = Pattern.compile("(\\d+) received").matcher(output);
    return received.find() ? Integer.parseInt(received.group(1)) : 0;
  }

  @Override
  public void close() {
    // Ctrl-C interrupts the thread that waits for a program of the lab, and the rest must go, too.
    boolean interrupted = Thread.interrupted();
    try {
      takeDown();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void takeDown() {
    IllegalStateException failure = null;
    for (LabNode node : nodes) {
      try {
        node.close();
      } catch (RuntimeException e) {
        failure = new IllegalStateException(e);
      }
    }
    if (server != null) {
      server.close();
    }
    super.close();
    if (failure != null) {
      throw failure;
    }
  }
}
