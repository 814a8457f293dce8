package org.tailjar.launcher;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Finds a node by what a person calls it: an address, a full name, or the first word of that. */
final class PeerName {
  private PeerName() {}

  /** This node or a peer of that name; empty when there is none. */
  static Optional<StatusDocument.Machine> find(StatusDocument status, String name) {
    var wanted = name.toLowerCase(Locale.ROOT).replaceFirst("\\.$", "");
    var literal = Commands.literal(wanted).map(AddressText::of);
    if (literal.isPresent()) {
      return machines(status)
          .filter(machine -> machine.tailscaleIps().contains(literal.get()))
          .findFirst();
    }
    return machines(status)
        .filter(machine -> named(machine, wanted))
        .findFirst()
        .or(() -> machines(status).filter(m -> m.hostName().equalsIgnoreCase(wanted)).findFirst());
  }

  private static boolean named(StatusDocument.Machine machine, String wanted) {
    var full = machine.dnsName().toLowerCase(Locale.ROOT).replaceFirst("\\.$", "");
    int dot = full.indexOf('.');
    return full.equals(wanted) || dot > 0 && full.substring(0, dot).equals(wanted);
  }

  private static Stream<StatusDocument.Machine> machines(StatusDocument status) {
    StatusDocument.@Nullable Machine self = status.self();
    return Stream.concat(Stream.ofNullable(self), status.peer().values().stream());
  }
}
