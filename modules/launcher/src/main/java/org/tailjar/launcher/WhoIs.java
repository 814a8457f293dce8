package org.tailjar.launcher;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Prints who has an address, as the incumbent does. */
@Command(
    name = "whois",
    description = "Show the machine and the user that a tailnet address belongs to.")
final class WhoIs extends Commands.Base {
  private static final int SHORTEST_COLUMN = 10;
  private static final int GAP = 5;

  @Option(names = "--json", description = "As JSON, in the form of the incumbent's.")
  private boolean json;

  @Parameters(
      paramLabel = "ADDR[:PORT]",
      description = "An IPv4 or IPv6 address; a port is passed over.")
  private @Nullable String address;

  @Override
  public Integer call() throws IOException {
    var wanted = Objects.requireNonNull(address);
    var found =
        client()
            .whoIs(wanted)
            .orElseThrow(
                () -> new IOException("peer not found: no node has the address " + wanted));
    if (json) {
      out().println(JsonLayout.indented(Documents.WHO_IS.toJson(found)));
    } else {
      out().print(text(found));
      out().flush();
    }
    return ExitStatus.OK;
  }

  /** The whole text, lines ended. */
  private static String text(WhoIsDocument found) {
    var node = found.node();
    var machine = new LinkedHashMap<String, String>();
    machine.put("Name", node.name().replaceFirst("\\.$", ""));
    machine.put("ID", node.stableId());
    machine.put("Addresses", list(node.addresses()));
    var routes =
        node.allowedIps().stream().filter(prefix -> !node.addresses().contains(prefix)).toList();
    if (!routes.isEmpty()) {
      machine.put("AllowedIPs", list(routes));
    }
    var tags = node.tags();
    var text = new StringBuilder();
    if (tags != null) {
      machine.put("Tags", String.join(", ", tags));
      block(text, "Machine", machine);
      return text.toString();
    }
    var user = new LinkedHashMap<String, String>();
    user.put("Name", found.userProfile().loginName());
    user.put("ID", Long.toString(found.userProfile().id()));
    block(text, "Machine", machine);
    block(text, "User", user);
    return text.toString();
  }

  private static String list(List<String> prefixes) {
    return "[" + String.join(" ", prefixes) + "]";
  }

  private static void block(StringBuilder text, String title, Map<String, String> lines) {
    int longest =
        lines.keySet().stream().mapToInt(name -> "  :".length() + name.length()).max().orElse(0);
    int width = Math.max(SHORTEST_COLUMN, longest + GAP);
    text.append(title).append(":\n");
    lines.forEach(
        (name, value) -> {
          int start = text.length();
          text.append("  ").append(name).append(':');
          text.repeat(' ', width - (text.length() - start)).append(value).append('\n');
        });
  }
}
