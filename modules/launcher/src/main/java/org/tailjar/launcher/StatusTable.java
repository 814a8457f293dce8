package org.tailjar.launcher;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The status for people, in the columns of the incumbent. */
final class StatusTable {
  private StatusTable() {}

  /** Whether the node is up or on its way. */
  static boolean isUp(StatusDocument status) {
    return status.backendState().equals("Running") || status.backendState().equals("Starting");
  }

  /** The whole text, lines ended. */
  static String of(StatusDocument status, boolean onlyActive) {
    var text = new StringBuilder();
    if (isUp(status)) {
      appendTable(text, status, onlyActive);
    } else {
      text.append(description(status)).append('\n');
    }
    if (!status.health().isEmpty()) {
      text.append("\n# Health check:\n");
      status.health().forEach(line -> text.append("#     - ").append(line).append('\n'));
    }
    var tailjar = status.tailjar();
    if (tailjar != null) {
      text.append("\n# Server: ").append(tailjar.server());
      var age = tailjar.mapAgeSeconds();
      if (age != null) {
        text.append("; network map ").append(shown(Duration.ofMillis((long) (age * 1000))));
        text.append(" old");
      }
      text.append("\n# DNS: ").append(tailjar.dns()).append('\n');
    }
    return text.toString();
  }

  private static String description(StatusDocument status) {
    return switch (status.backendState()) {
      case "NeedsLogin" ->
          status.authUrl().isEmpty()
              ? "Logged out."
              : "Logged out.\nLog in at: " + status.authUrl();
      case "Stopped" -> "Tailjar is stopped.";
      default -> "State: " + status.backendState();
    };
  }

  private static void appendTable(StringBuilder text, StatusDocument status, boolean onlyActive) {
    var rows = new ArrayList<List<String>>();
    var self = status.self();
    if (self != null) {
      rows.add(row(status, self, "-"));
    }
    status.peer().values().stream()
        .filter(peer -> !onlyActive || peer.active())
        .sorted(Comparator.comparing(peer -> name(status, peer)))
        .forEach(peer -> rows.add(row(status, peer, activity(peer))));
    if (rows.isEmpty()) {
      text.append("State: ").append(status.backendState()).append('\n');
      return;
    }
    var widths = new int[rows.getFirst().size() - 1];
    for (var row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    for (var row : rows) {
      for (int i = 0; i < widths.length; i++) {
        text.append(row.get(i)).repeat(' ', widths[i] - row.get(i).length() + 2);
      }
      text.append(row.getLast()).append('\n');
    }
  }

  private static List<String> row(
      StatusDocument status, StatusDocument.Machine machine, String activity) {
    return List.of(
        machine.tailscaleIps().isEmpty() ? "" : machine.tailscaleIps().getFirst(),
        name(status, machine),
        owner(status, machine),
        machine.os(),
        activity);
  }

  private static String name(StatusDocument status, StatusDocument.Machine machine) {
    var full = machine.dnsName().replaceFirst("\\.$", "");
    var suffix = "." + status.magicDnsSuffix();
    var name = full.endsWith(suffix) ? full.substring(0, full.length() - suffix.length()) : full;
    return name.isEmpty() ? "(\"" + machine.hostName() + "\")" : name;
  }

  private static String owner(StatusDocument status, StatusDocument.Machine machine) {
    if (machine.userId() == 0) {
      return "-";
    }
    var user = status.user().get(Long.toString(machine.userId()));
    if (user == null) {
      return Long.toString(machine.userId());
    }
    int at = user.loginName().indexOf('@');
    return at < 0 ? user.loginName() : user.loginName().substring(0, at + 1);
  }

  private static String activity(StatusDocument.Machine peer) {
    var text = new StringBuilder();
    boolean traffic = peer.txBytes() != 0 || peer.rxBytes() != 0;
    if (peer.active()) {
      text.append("active; ");
      if (!peer.currentAddress().isEmpty()) {
        text.append("direct ").append(peer.currentAddress());
      } else {
        text.append("relay \"").append(peer.relay()).append('"');
      }
    } else {
      text.append(traffic ? "idle" : peer.online() ? "-" : "");
    }
    if (!peer.online()) {
      text.append(text.isEmpty() ? "offline" : "; offline");
    }
    if (traffic) {
      text.append(", tx %d rx %d".formatted(peer.txBytes(), peer.rxBytes()));
    }
    return text.toString();
  }

  private static String shown(Duration age) {
    if (age.compareTo(Duration.ofMinutes(2)) < 0) {
      return age.toSeconds() + " s";
    }
    return age.compareTo(Duration.ofHours(2)) < 0 ? age.toMinutes() + " min" : age.toHours() + " h";
  }
}
