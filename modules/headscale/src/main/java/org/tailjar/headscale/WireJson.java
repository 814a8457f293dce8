package org.tailjar.headscale;

import io.avaje.json.JsonAdapter;
import io.avaje.json.JsonException;
import io.avaje.json.JsonReader;
import io.avaje.json.JsonWriter;
import io.avaje.jsonb.Jsonb;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.DiscoPublicKey;
import org.tailjar.crypto.MachinePublicKey;
import org.tailjar.crypto.NodePublicKey;

/**
 * The JSON of the control protocol, and the one place that knows Go's conventions: the zero time
 * and the empty string mean "none", absent and null are the same, unknown fields are ignored.
 */
public final class WireJson {

  /** Deeper nesting is refused, since reading recurses; real messages have about ten levels. */
  private static final int MAX_DEPTH = 100;

  /** How Go writes a time that was never set. */
  private static final Instant GO_ZERO_TIME = Instant.parse("0001-01-01T00:00:00Z");

  private static final Jsonb JSONB =
      Jsonb.builder()
          .failOnUnknown(false)
          .failOnNullPrimitives(false)
          .serializeNulls(false)
          // An empty packet filter denies all; an absent one changes nothing.
          .serializeEmpty(true)
          .add(Instant.class, new Text<>(WireJson::time, Instant::toString))
          .add(KeyExpiry.class, new Text<>(text -> new KeyExpiry(time(text)), WireJson::text))
          .add(MachinePublicKey.class, new Text<>(MachinePublicKey::parse, MachinePublicKey::text))
          .add(NodePublicKey.class, new Text<>(NodePublicKey::parse, NodePublicKey::text))
          .add(DiscoPublicKey.class, new Text<>(DiscoPublicKey::parse, DiscoPublicKey::text))
          .build();

  private WireJson() {}

  /** Writes one message; absent components are left out. */
  public static byte[] encode(Object message) {
    return JSONB.toJsonBytes(message);
  }

  /**
   * Reads one message.
   *
   * @throws ControlException if the bytes are not such a message
   */
  public static <T> T decode(Class<T> type, byte[] json) throws ControlException {
    if (isTooDeep(json)) {
      throw new ControlException(
          "the server sent a " + type.getSimpleName() + " nested more than " + MAX_DEPTH + " deep");
    }
    try {
      @Nullable T message = JSONB.type(type).fromJson(Surrogates.mended(json));
      if (message == null) {
        throw new ControlException(
            "the server sent null where a " + type.getSimpleName() + " belongs");
      }
      return message;
    } catch (OutOfMemoryError e) {
      // A message of brackets alone is small and its records are not; they are garbage by now.
      throw new ControlException(
          "the server sent a " + type.getSimpleName() + " that does not fit into memory", e);
    } catch (JsonException
        | IllegalArgumentException
        | IllegalStateException
        | NullPointerException
        | IndexOutOfBoundsException
        | ArithmeticException e) {
      throw new ControlException(
          "the server sent a " + type.getSimpleName() + " that cannot be read: " + e.getMessage(),
          e);
    }
  }

  private static boolean isTooDeep(byte[] json) {
    int depth = 0;
    boolean inText = false;
    for (int i = 0; i < json.length; i++) {
      byte c = json[i];
      if (inText) {
        if (c == '\\') {
          i++;
        } else if (c == '"') {
          inText = false;
        }
      } else if (c == '"') {
        inText = true;
      } else if (c == '[' || c == '{') {
        if (++depth > MAX_DEPTH) {
          return true;
        }
      } else if (c == ']' || c == '}') {
        depth--;
      }
    }
    return false;
  }

  private static @Nullable Instant time(String text) {
    try {
      Instant instant = OffsetDateTime.parse(text).toInstant();
      return instant.equals(GO_ZERO_TIME) ? null : instant;
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("not a time: " + text, e);
    }
  }

  private static String text(KeyExpiry expiry) {
    Instant time = expiry.time();
    return (time == null ? GO_ZERO_TIME : time).toString();
  }

  /** A value that is a string on the wire; the empty string is none. */
  private record Text<T>(Function<String, @Nullable T> parse, Function<T, String> format)
      implements JsonAdapter<T> {

    @Override
    public void toJson(JsonWriter writer, @Nullable T value) {
      if (value == null) {
        writer.nullValue();
      } else {
        writer.value(format.apply(value));
      }
    }

    @Override
    public @Nullable T fromJson(JsonReader reader) {
      if (reader.isNullValue()) {
        return null;
      }
      String text = reader.readString();
      return text.isEmpty() ? null : parse.apply(text);
    }
  }
}
