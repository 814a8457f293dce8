package org.tailjar.fuzz;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.tailjar.derp.DerpTargets;
import org.tailjar.dns.DnsTargets;
import org.tailjar.filter.FilterTargets;
import org.tailjar.headscale.HeadscaleTargets;
import org.tailjar.launcher.LauncherTargets;
import org.tailjar.linux.LinuxTargets;
import org.tailjar.magicsock.MagicsockTargets;
import org.tailjar.packet.PacketTargets;
import org.tailjar.tailnet.TailnetTargets;
import org.tailjar.transport.TransportTargets;
import org.tailjar.wireguard.WireGuardTargets;

/** All targets. */
final class FuzzTargets {

  private static final String TOGETHER = "together";

  private FuzzTargets() {}

  static List<FuzzTarget> all() {
    return Stream.of(
            HeadscaleTargets.all(),
            TransportTargets.all(),
            DerpTargets.all(),
            DnsTargets.all(),
            MagicsockTargets.all(),
            WireGuardTargets.all(),
            PacketTargets.all(),
            FilterTargets.all(),
            LinuxTargets.all(),
            TailnetTargets.all(),
            LauncherTargets.all())
        .flatMap(List::stream)
        .toList();
  }

  /** The first byte of an input says which of all targets gets the rest. */
  static FuzzTarget together() {
    List<FuzzTarget> targets = all();
    return new FuzzTarget(
        TOGETHER,
        () -> {
          List<byte[]> seeds = new ArrayList<>();
          for (int i = 0; i < targets.size(); i++) {
            for (byte[] seed : targets.get(i).seeds().get()) {
              seeds.add(ByteBuffer.allocate(1 + seed.length).put((byte) i).put(seed).array());
            }
          }
          return seeds;
        },
        input -> {
          if (input.length == 0) {
            for (FuzzTarget target : targets) {
              target.check().accept(input);
            }
          } else {
            chosen(targets, input).check().accept(Arrays.copyOfRange(input, 1, input.length));
          }
        });
  }

  private static FuzzTarget chosen(List<FuzzTarget> targets, byte[] input) {
    return targets.get((input[0] & 0xff) % targets.size());
  }

  /**
   * Moves an input that was found by all targets together to where that of its target belongs,
   * since the number of a target changes with the targets that there are.
   *
   * @param findings the directory of all findings
   */
  static void sort(Path findings, Path file) throws IOException {
    byte[] input = Files.readAllBytes(file);
    if (input.length == 0) {
      return;
    }
    Path directory = Files.createDirectories(findings.resolve(chosen(all(), input).name()));
    Files.write(directory.resolve(file.getFileName()), Arrays.copyOfRange(input, 1, input.length));
    Files.delete(file);
  }

  static FuzzTarget named(String name) {
    return name.equals(TOGETHER) ? together() : single(name);
  }

  private static FuzzTarget single(String name) {
    return all().stream()
        .filter(target -> target.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no fuzz target " + name));
  }
}
