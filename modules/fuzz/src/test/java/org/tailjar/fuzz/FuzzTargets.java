package org.tailjar.fuzz;

import java.util.List;
import java.util.stream.Stream;
import org.tailjar.derp.DerpTargets;
import org.tailjar.filter.FilterTargets;
import org.tailjar.headscale.HeadscaleTargets;
import org.tailjar.launcher.LauncherTargets;
import org.tailjar.linux.LinuxTargets;
import org.tailjar.magicsock.MagicsockTargets;
import org.tailjar.packet.PacketTargets;
import org.tailjar.tailnet.TailnetTargets;
import org.tailjar.wireguard.WireGuardTargets;

/** All targets. */
final class FuzzTargets {

  private FuzzTargets() {}

  static List<FuzzTarget> all() {
    return Stream.of(
            HeadscaleTargets.all(),
            DerpTargets.all(),
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

  static FuzzTarget named(String name) {
    return all().stream()
        .filter(target -> target.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no fuzz target " + name));
  }
}
