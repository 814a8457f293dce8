package org.tailjar.tailnet;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tailjar.crypto.MachinePrivateKey;
import org.tailjar.crypto.NodePrivateKey;

/**
 * What makes a node the same node after a restart, as it is kept in the state.
 *
 * <p>The text form is one line for each field and a BLAKE2s checksum of all that is above it, so
 * that a file that was cut or damaged is told apart from a good one at any byte.
 *
 * @param serverUrl the server that the keys were registered with
 * @param machineKey identity towards the server, kept for life
 * @param nodeKey identity towards peers; changes when the server wants a new one
 * @param registered whether the server accepted the node key, so that no auth key is needed
 */
record NodeIdentity(
    String serverUrl, MachinePrivateKey machineKey, NodePrivateKey nodeKey, boolean registered) {

  /** In bytes; a state has some four hundred. */
  static final int MAX_SIZE = 1 << 16;

  private static final FileFormat FORMAT = new FileFormat("tailjar-state", 1);

  /** A state text that is not one. The message says why and holds nothing of the text. */
  static final class MalformedException extends Exception {
    private static final long serialVersionUID = 1L;

    MalformedException(String message) {
      super(message);
    }
  }

  /** Fresh keys for a server. */
  static NodeIdentity generate(String serverUrl) {
    return new NodeIdentity(
        serverUrl, MachinePrivateKey.generate(), NodePrivateKey.generate(), false);
  }

  NodeIdentity asRegistered() {
    return new NodeIdentity(serverUrl, machineKey, nodeKey, true);
  }

  /** The same keys, of which the server knows nothing any more. */
  NodeIdentity asUnregistered() {
    return new NodeIdentity(serverUrl, machineKey, nodeKey, false);
  }

  /** The same machine with a node key that no server knows yet. */
  NodeIdentity withFreshNodeKey(String server) {
    return new NodeIdentity(server, machineKey, NodePrivateKey.generate(), false);
  }

  byte[] encode() {
    String body =
        """
        %s
        server %s
        machine-key %s
        node-key %s
        registered %s
        """
            .formatted(
                FORMAT.header(),
                serverUrl,
                machineKey.secretText(),
                nodeKey.secretText(),
                registered);
    return (body + "checksum " + checksum(body) + "\n").getBytes(StandardCharsets.UTF_8);
  }

  static NodeIdentity decode(byte[] content) throws MalformedException {
    String text = new String(content, StandardCharsets.UTF_8);
    List<String> lines = new ArrayList<>(text.lines().toList());
    String first = lines.isEmpty() ? "" : lines.getFirst();
    FORMAT.require(first, first.substring(first.indexOf(' ') + 1));
    int end = text.lastIndexOf("checksum ");
    if (end < 0
        || !text.substring(end).equals("checksum " + checksum(text.substring(0, end)) + "\n")) {
      throw new MalformedException("it is damaged: its checksum does not match");
    }
    Map<String, String> fields = new HashMap<>();
    for (String line : lines) {
      int space = line.indexOf(' ');
      fields.put(line.substring(0, Math.max(space, 0)), line.substring(space + 1));
    }
    try {
      return new NodeIdentity(
          field(fields, "server"),
          MachinePrivateKey.parse(field(fields, "machine-key")),
          NodePrivateKey.parse(field(fields, "node-key")),
          Boolean.parseBoolean(field(fields, "registered")));
    } catch (IllegalArgumentException e) {
      throw new MalformedException("a key in it is malformed");
    }
  }

  private static String field(Map<String, String> fields, String name) throws MalformedException {
    String value = fields.get(name);
    if (value == null) {
      throw new MalformedException("it lacks the field " + name);
    }
    return value;
  }

  private static String checksum(String body) {
    return FileFormat.checksum(body.getBytes(StandardCharsets.UTF_8));
  }
}
