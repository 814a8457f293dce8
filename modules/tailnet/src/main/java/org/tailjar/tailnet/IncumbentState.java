package org.tailjar.tailnet;

import io.avaje.json.JsonException;
import io.avaje.json.mapper.JsonMapper;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.MachinePrivateKey;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.headscale.ServerUrl;
import org.tailjar.tailnet.NodeIdentity.MalformedException;

/**
 * The node that the incumbent's daemon keeps in its state file, which is read and never written.
 *
 * <p>The file is a JSON object of strings, each the base64 of a value: {@code _machinekey} is a key
 * in text form, {@code _current-profile} names the value with the preferences of the login in use
 * among those whose names begin with {@code profile-}, and these are a JSON object with the
 * server's URL and, under {@code Config}, the node key.
 *
 * @param controlUrl the server that the keys are registered with, as the file has it
 * @param machineKey identity towards the server
 * @param nodeKey identity towards peers
 */
record IncumbentState(String controlUrl, MachinePrivateKey machineKey, NodePrivateKey nodeKey) {

  /** The file's name in the state directory. */
  static final String FILE = "tailscaled.state";

  /** Real files have a few kilobytes. */
  static final int MAX_SIZE = 1 << 20;

  private static final String PROFILE = "profile-";
  private static final int MAX_DEPTH = 64;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /**
   * Reads a file for the node of one server: that of the login in use, or of another login that the
   * daemon was to switch to, if it is the only one of the server.
   *
   * @throws MalformedException if there is none; the message says why and holds nothing of the
   *     content
   */
  static IncumbentState decode(byte[] content, String serverUrl) throws MalformedException {
    Map<String, Object> values = values(content);
    @Nullable String current = value(values, "_current-profile");
    MalformedException reason;
    try {
      IncumbentState inUse = profile(values, current);
      if (inUse.belongsTo(serverUrl)) {
        return inUse;
      }
      reason =
          new MalformedException(
              "its node belongs to " + inUse.serverName() + ", not to " + serverUrl);
    } catch (MalformedException e) {
      reason = e;
    }
    List<IncumbentState> others = new ArrayList<>();
    for (String key : values.keySet()) {
      if (key.startsWith(PROFILE) && !key.equals(current)) {
        others.addAll(ofServer(values, key, serverUrl));
      }
    }
    if (others.size() > 1) {
      throw new MalformedException("it holds several nodes of " + serverUrl);
    }
    if (others.isEmpty()) {
      throw reason;
    }
    return others.getFirst();
  }

  private static List<IncumbentState> ofServer(
      Map<String, Object> values, String profile, String serverUrl) {
    try {
      IncumbentState state = profile(values, profile);
      return state.belongsTo(serverUrl) ? List.of(state) : List.of();
    } catch (MalformedException e) {
      // It is not in use: the reason is that of the login that is.
      return List.of();
    }
  }

  /** The node of the login in use. */
  static IncumbentState decode(byte[] content) throws MalformedException {
    Map<String, Object> values = values(content);
    return profile(values, value(values, "_current-profile"));
  }

  private static Map<String, Object> values(byte[] content) throws MalformedException {
    Map<String, Object> values = object(new String(content, StandardCharsets.UTF_8));
    if (values.containsKey("nonce") && values.containsKey("data")) {
      throw new MalformedException("it is encrypted with a key of this machine's TPM");
    }
    return values;
  }

  private static IncumbentState profile(Map<String, Object> values, @Nullable String profile)
      throws MalformedException {
    @Nullable String machineKey = value(values, "_machinekey");
    if (machineKey == null) {
      throw new MalformedException("it holds no machine key");
    }
    @Nullable String preferences = profile == null ? null : value(values, profile);
    if (preferences == null) {
      throw new MalformedException("its node is logged out");
    }
    Map<String, Object> fields = object(preferences);
    if (!(fields.get("Config") instanceof Map<?, ?> config)
        || !(config.get("PrivateNodeKey") instanceof String nodeKey)
        || nodeKey.matches("privkey:0*")
        || Boolean.TRUE.equals(fields.get("LoggedOut"))) {
      throw new MalformedException("its node is logged out");
    }
    try {
      return new IncumbentState(
          fields.get("ControlURL") instanceof String url ? url : "",
          MachinePrivateKey.parse(machineKey.strip()),
          NodePrivateKey.parse(nodeKey));
    } catch (IllegalArgumentException e) {
      throw new MalformedException("a key in it is malformed");
    }
  }

  /** Whether the keys belong to that server; two spellings of one URL are the same. */
  boolean belongsTo(String serverUrl) {
    try {
      return ServerUrl.parse(controlUrl).equals(ServerUrl.parse(serverUrl));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** The server for a message; a text that is no URL is not shown. */
  String serverName() {
    try {
      return ServerUrl.parse(controlUrl).toString();
    } catch (IllegalArgumentException e) {
      return "another server";
    }
  }

  /** The same node as ours: the server knows it, so that it needs no auth key. */
  NodeIdentity identity(String serverUrl) {
    return new NodeIdentity(serverUrl, machineKey, nodeKey, true);
  }

  private static @Nullable String value(Map<String, Object> values, String name)
      throws MalformedException {
    @Nullable Object encoded = values.get(name);
    if (encoded == null) {
      return null;
    }
    if (!(encoded instanceof String text)) {
      throw new MalformedException("it is damaged: a value in it is no text");
    }
    try {
      return new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new MalformedException("it is damaged: a value in it is not base64");
    }
  }

  private static Map<String, Object> object(String json) throws MalformedException {
    requireShallow(json);
    try {
      if (JSON.fromJson(json) instanceof Map<?, ?> map) {
        @SuppressWarnings("unchecked")
        Map<String, Object> object = (Map<String, Object>) map;
        return object;
      }
    } catch (JsonException
        | IllegalArgumentException
        | IllegalStateException
        | NullPointerException
        | IndexOutOfBoundsException
        | ArithmeticException e) {
      // Its message may show a part of the text, so a secret.
      throw new MalformedException("it is damaged: it is no JSON");
    }
    throw new MalformedException("it is damaged: it is no JSON object");
  }

  /** The JSON reader recurses; brackets within strings are counted too, real files have none. */
  private static void requireShallow(String json) throws MalformedException {
    int depth = 0;
    for (int i = 0; i < json.length(); i++) {
      switch (json.charAt(i)) {
        case '{', '[' -> depth++;
        case '}', ']' -> depth--;
        default -> {}
      }
      if (depth > MAX_DEPTH) {
        throw new MalformedException("it is damaged: it is nested too deep");
      }
    }
  }
}
