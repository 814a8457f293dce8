package org.tailjar.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The incumbent's own daemon, as a peer. */
public final class TailscaledNode implements LabNode {

  private final Lab lab;
  private final String host;
  private final Path directory;
  private @Nullable Process process;

  TailscaledNode(Lab lab, String host) {
    this.lab = lab;
    this.host = host;
    directory = lab.file("tailscaled-" + host);
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    start();
  }

  void start() {
    process =
        lab.spawn(
            host,
            lab.file("tailscaled-" + host + ".log"),
            Map.of(
                "SSL_CERT_FILE", lab.certificate().pem().toString(),
                "TS_NO_LOGS_NO_SUPPORT", "true",
                "TS_DEBUG_USE_DERP_HTTP", Boolean.toString(lab.server().url().startsWith("http:"))),
            "tailscaled",
            "--statedir",
            directory.toString(),
            "--socket",
            socket(),
            "--tun",
            "tailscale0");
  }

  void join() {
    assertThat(Shell.eventually(() -> Files.exists(Path.of(socket())))).isTrue();
    tailscale(
            "up",
            "--login-server",
            lab.server().url(),
            "--auth-key",
            lab.server().key("--reusable"),
            "--hostname",
            host,
            "--accept-dns=false")
        .succeeded();
  }

  /** Its state directory. */
  Path directory() {
    return directory;
  }

  String socket() {
    return directory.resolve("sock").toString();
  }

  /** The incumbent's command line. */
  public Shell.Result tailscale(String... arguments) {
    List<String> line = new ArrayList<>(lab.inside(host, "tailscale", "--socket", socket()));
    line.addAll(List.of(arguments));
    return Shell.run(Shell.PATIENCE, line);
  }

  public String version() {
    return tailscale("version").succeeded().output().lines().findFirst().orElse("?");
  }

  @Override
  public String ip4() {
    return tailscale("ip", "-4").succeeded().output();
  }

  @Override
  public String ip6() {
    return tailscale("ip", "-6").succeeded().output();
  }

  @Override
  public long pid() {
    return Objects.requireNonNull(process).pid();
  }

  @Override
  public void close() {
    if (process != null) {
      process.destroy();
      Shell.await(process);
    }
  }
}
