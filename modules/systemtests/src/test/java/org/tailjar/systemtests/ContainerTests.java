package org.tailjar.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What the image is for: a sidecar container, a web server in a second container on its network,
 * and somebody elsewhere on the tailnet who fetches a page. The containers share the namespace
 * {@code na} of the lab; who fetches is in {@code nb}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@DisplayNameGeneration(DisplayNameGenerator.Simple.class)
class ContainerTests {

  private static final String IMAGE = "tailjar:dev";
  private static final String CADDY = "docker.io/library/caddy:2-alpine";
  private static final String SIDECAR = "tailscale-docker-client";
  private static final String PAGE = "Hello from the tailnet";

  /** Images and containers are made by copying files. */
  private static final Duration LONGEST_COMMAND = Duration.ofMinutes(5);

  private final Path docker =
      Path.of(System.getProperty("tailjar.root", "."), "docker").toAbsolutePath();
  private Lab lab;
  private TailjarNode elsewhere;

  /** Of the namespace nb, put in place there by {@code ip netns exec}. */
  private Path resolvConf;

  @BeforeAll
  void buildTheAppAndJoinFromElsewhere() throws IOException {
    Requirements.need("podman", "runc", "caddy", "curl");
    // It removes containers of the names that users give them, and makes an image of Caddy's name.
    assumeTrue(
        System.getenv("CONTAINERS_STORAGE_CONF") != null,
        "needs a storage of containers of its own: run scripts/test");
    assumeTrue(
        podman("image", "exists", IMAGE).status() == 0,
        "needs the image " + IMAGE + ": run scripts/image --local-base");
    lab = Lab.startWithAnyServer();
    Path context = Files.createDirectories(lab.file("caddy"));
    Path caddy = Shell.find("caddy").orElseThrow();
    for (Path file : withLibraries(caddy)) {
      Path copy = context.resolve("root" + file);
      Files.createDirectories(copy.getParent());
      Files.copy(file, copy, StandardCopyOption.COPY_ATTRIBUTES);
    }
    // Debian's Caddy, where the registry's cannot be had.
    lab.write(
        "caddy/Dockerfile",
        """
        FROM %s
        COPY root/ /
        HEALTHCHECK NONE
        ENTRYPOINT []
        CMD ["%s", "run", "--config", "/etc/caddy/Caddyfile"]
        """
            .formatted(IMAGE, caddy));
    Shell.run(
            LONGEST_COMMAND,
            List.of("podman", "build", "-q", "--format=docker", "-t", CADDY, context.toString()))
        .succeeded();
    resolvConf = Path.of("/etc/netns", lab.namespace("nb"), "resolv.conf");
    Files.createDirectories(resolvConf.getParent());
    Files.writeString(resolvConf, "nameserver 127.0.0.1\n");
    elsewhere = lab.tailjar("nb").without("TAILSCALE_ACCEPT_DNS").join();
  }

  @AfterEach
  void removeContainers() {
    // What depends on another container goes first; one that is not there is no error to be told.
    podman("rm", "--force", "--time", "0", "app");
    podman("rm", "--force", "--time", "0", SIDECAR);
  }

  @AfterAll
  void leave() throws IOException {
    if (lab != null) {
      lab.close();
    }
    if (resolvConf != null) {
      Files.deleteIfExists(resolvConf);
      Files.deleteIfExists(resolvConf.getParent());
    }
  }

  @Test
  void anAppBesideTheSidecarIsReachedAndTheSidecarStaysTheSameNode() {
    Path volume = directory("volume");
    sidecar(volume, lab.server().key());
    long nodes = lab.server().nodeCount();
    String address = address();
    app();
    assertThatThePageIsServedBy(address);
    assertThatThePageIsServedBy("web");

    podman("stop", "--time", "10", SIDECAR).succeeded();
    assertThat(inspect("{{.State.ExitCode}}"))
        .as("podman did not have to kill it, which is 137")
        .isEqualTo("0");
    removeContainers();

    sidecar(volume, "");
    app();
    assertThat(address()).as("address without the key, on the same volume").isEqualTo(address);
    assertThatThePageIsServedBy(address);

    killSidecar();
    podman("start", SIDECAR).succeeded();
    awaitHealthy();
    assertThat(address()).as("address after kill -9").isEqualTo(address);
    assertThatThePageIsServedBy(address);
    assertThat(lab.server().nodeCount()).as("nodes at the server").isEqualTo(nodes);
  }

  @Test
  void theComposeFileDoesTheSame() throws IOException {
    Requirements.need("podman-compose");
    Path project = Files.createDirectories(lab.file("project"));
    for (String file : List.of("compose.yaml", "Caddyfile")) {
      Files.copy(docker.resolve(file), project.resolve(file), StandardCopyOption.REPLACE_EXISTING);
    }
    Files.createDirectories(project.resolve("tailscale-client"));
    environment(project, lab.server().key());
    // The lab's network in place of a bridge of podman's; all else is as it ships.
    Files.writeString(
        project.resolve("lab.yaml"),
        """
        services:
          tailscale:
            network_mode: "ns:%s"
        """
            .formatted(namespace()));
    try {
      compose(project, "up", "-d", "--no-build").succeeded();
      awaitHealthy();
      String address = address();
      assertThatThePageIsServedBy(address);
      assertThatThePageIsServedBy("composed");

      compose(project, "stop", "-t", "10").succeeded();
      assertThat(inspect("{{.State.ExitCode}}")).isEqualTo("0");
      compose(project, "down").succeeded();
      environment(project, "");
      compose(project, "up", "-d", "--no-build").succeeded();
      awaitHealthy();
      assertThat(address()).as("address without the key, on the same volume").isEqualTo(address);
      assertThatThePageIsServedBy(address);

      killSidecar();
      compose(project, "start").succeeded();
      awaitHealthy();
      assertThat(address()).as("address after kill -9").isEqualTo(address);
      assertThatThePageIsServedBy(address);
    } finally {
      compose(project, "down", "-t", "5");
    }
  }

  private void environment(Path project, String key) throws IOException {
    Files.writeString(
        project.resolve(".env"),
        """
        TAILSCALE_SERVER_URL=%s
        TAILSCALE_KEY=%s
        TAILSCALE_HOSTNAME=composed
        """
            .formatted(lab.server().url(), key));
  }

  private void killSidecar() {
    podman("kill", "--signal", "KILL", SIDECAR).succeeded();
    assertThat(Shell.eventually(() -> !running())).isTrue();
  }

  /** The program and the libraries that it is linked with. */
  private static List<Path> withLibraries(Path program) {
    List<Path> files = new ArrayList<>(List.of(program));
    Shell.run("ldd", program.toString())
        .output()
        .lines()
        .flatMap(line -> Arrays.stream(line.strip().split("\\s+")))
        .filter(word -> word.startsWith("/"))
        .map(Path::of)
        .forEach(files::add);
    return files;
  }

  private void sidecar(Path volume, String key) {
    podman(
            "run",
            "-d",
            "--name",
            SIDECAR,
            "--network",
            "ns:" + namespace(),
            "--cap-drop",
            "ALL",
            "--cap-add",
            "NET_ADMIN",
            "--device",
            "/dev/net/tun",
            "--read-only",
            "--tmpfs",
            "/run",
            "--volume",
            volume + ":/tailscale",
            "--env",
            "TAILSCALE_SERVER_URL=" + lab.server().url(),
            "--env",
            "TAILSCALE_KEY=" + key,
            "--env",
            "TAILSCALE_HOSTNAME=web",
            IMAGE)
        .succeeded();
    awaitHealthy();
  }

  private void app() {
    podman(
            "run",
            "-d",
            "--name",
            "app",
            "--network",
            "container:" + SIDECAR,
            "--volume",
            docker.resolve("Caddyfile") + ":/etc/caddy/Caddyfile:ro",
            CADDY)
        .succeeded();
  }

  /** By the health check of the image, run in the container as the engine does. */
  private void awaitHealthy() {
    assertThat(Shell.eventually(() -> podman("healthcheck", "run", SIDECAR).status() == 0))
        .as("the sidecar becomes healthy; its log: %s", podman("logs", SIDECAR).output())
        .isTrue();
  }

  private String address() {
    return podman("exec", SIDECAR, "tailjar", "ip", "-4").succeeded().output();
  }

  private void assertThatThePageIsServedBy(String host) {
    assertThat(
            Shell.eventually(
                () ->
                    lab.run("nb", "curl", "-sS", "-m", "5", "http://" + host)
                        .output()
                        .equals(PAGE)))
        .as(
            "the page of http://%s: %s; %s; %s",
            host,
            lab.run("nb", "curl", "-sS", "-m", "5", "http://" + host).output(),
            elsewhere.tailjar("status").output(),
            podman("logs", SIDECAR).output())
        .isTrue();
  }

  private boolean running() {
    return inspect("{{.State.Running}}").equals("true");
  }

  private String inspect(String format) {
    return podman("inspect", "--format", format, SIDECAR).succeeded().output();
  }

  private String namespace() {
    return "/run/netns/" + lab.namespace("na");
  }

  private Path directory(String name) {
    try {
      return Files.createDirectories(lab.file(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Shell.Result compose(Path project, String... arguments) {
    List<String> line =
        new ArrayList<>(
            List.of(
                "podman-compose",
                "--project-name",
                "tailjar-test",
                "-f",
                project.resolve("compose.yaml").toString(),
                "-f",
                project.resolve("lab.yaml").toString(),
                "--env-file",
                project.resolve(".env").toString()));
    line.addAll(List.of(arguments));
    return Shell.run(LONGEST_COMMAND, line);
  }

  private static Shell.Result podman(String... arguments) {
    List<String> line = new ArrayList<>(List.of("podman"));
    line.addAll(List.of(arguments));
    return Shell.run(LONGEST_COMMAND, line);
  }
}
