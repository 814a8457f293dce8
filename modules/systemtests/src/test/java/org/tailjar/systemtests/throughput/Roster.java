package org.tailjar.systemtests.throughput;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.tailjar.systemtests.LinkedRuntime;
import org.tailjar.systemtests.Programs;
import org.tailjar.systemtests.Shell;

/**
 * The peers that were wanted and are on this machine.
 *
 * @param missing a line for each that is not, with the reason
 */
record Roster(List<Peer> peers, List<String> missing) {

  /** Those of others. */
  static final List<String> OTHERS = List.of("tailscaled", "wireguard-go", "boringtun");

  /**
   * wireguard-go has its offloads of TUN and UDP since then; without, it is several times slower.
   */
  private static final int OFFLOADS_SINCE = 20230223;

  private static final Pattern WIREGUARD_GO =
      Pattern.compile("wireguard-go v?(0\\.0\\.(\\d{8})\\S*)");

  /**
   * Looks for them.
   *
   * @param names those that are wanted; none for all
   * @param builds those of ours that were named, as {@link TailjarPeer#parse} reads them
   * @param here what relative directories are relative to
   */
  static Roster find(List<String> names, List<String> builds, Path here) {
    for (String name : names) {
      if (!name.equals("tailjar") && !OTHERS.contains(name)) {
        throw new IllegalArgumentException("there is no peer " + name);
      }
    }
    Roster roster = new Roster(new ArrayList<>(), new ArrayList<>());
    if (names.isEmpty() || names.contains("tailjar")) {
      roster.addOurs(builds, here);
    }
    // Several builds are compared with each other.
    List<String> wanted = names.isEmpty() && builds.size() < 2 ? OTHERS : names;
    if (wanted.contains("tailscaled")) {
      roster.addTailscaled();
    }
    if (wanted.contains("wireguard-go")) {
      roster.addWireGuardGo();
    }
    if (wanted.contains("boringtun")) {
      roster.addBoringTun();
    }
    return roster;
  }

  private void addOurs(List<String> builds, Path here) {
    if (builds.isEmpty()) {
      peers.add(TailjarPeer.of(LinkedRuntime.home()));
    }
    for (String build : builds) {
      TailjarPeer peer = TailjarPeer.parse(build, here);
      // What a lab takes its own tools from.
      System.setProperty("tailjar.dist", peer.build().toString());
      peers.add(peer);
    }
    if (peers.stream().map(Peer::name).distinct().count() < peers.size()) {
      throw new IllegalArgumentException("two builds have the same name: --dist NAME=DIR");
    }
  }

  private void addTailscaled() {
    if (have("tailscaled", "tailscaled", "tailscale", "headscale")) {
      peers.add(TailscaledPeer.onPath());
    }
  }

  private void addWireGuardGo() {
    boolean refused = false;
    for (Path program : wireGuardGoes()) {
      Matcher version = WIREGUARD_GO.matcher(Shell.run(program.toString(), "--version").output());
      if (version.find() && Integer.parseInt(version.group(2)) >= OFFLOADS_SINCE) {
        if (have("wireguard-go", "wg")) {
          peers.add(
              new WireGuardPeer(
                  "wireguard-go", version.group(1), List.of(program.toString(), "-f")));
        }
        return;
      }
      missing.add(
          "wireguard-go at %s is refused: only 0.0.%d and later have offloads, and speed is compared with those alone; this is %s"
              .formatted(
                  program,
                  OFFLOADS_SINCE,
                  version.reset().find() ? version.group(1) : "of no known version"));
      refused = true;
    }
    missing.add(
        "wireguard-go: %s; build one from its source and put it on PATH or name it in the variable WIREGUARD_GO"
            .formatted(refused ? "no other was found" : "not found"));
  }

  /** What the variable names, then those on PATH, each once. */
  private static Set<Path> wireGuardGoes() {
    Set<Path> found = new LinkedHashSet<>();
    Stream.concat(
            Stream.ofNullable(System.getenv("WIREGUARD_GO")).map(Path::of),
            Arrays.stream(System.getenv("PATH").split(":"))
                .map(directory -> Path.of(directory, "wireguard-go")))
        .filter(Files::isExecutable)
        .map(Roster::real)
        .forEach(found::add);
    return found;
  }

  private static Path real(Path program) {
    try {
      return program.toRealPath();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void addBoringTun() {
    if (have("boringtun", "boringtun-cli", "wg")) {
      String version = Shell.run("boringtun-cli", "--version").output().replace("boringtun ", "");
      peers.add(
          new WireGuardPeer(
              "boringtun",
              version,
              List.of("boringtun-cli", "-f", "--disable-drop-privileges", "-v", "error")));
    }
  }

  private boolean have(String peer, String... programs) {
    Optional<String> lacking = Programs.missing(programs);
    lacking.ifPresent(line -> missing.add(peer + ": " + line));
    return lacking.isEmpty();
  }
}
