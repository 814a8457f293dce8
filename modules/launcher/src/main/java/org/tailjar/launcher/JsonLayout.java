package org.tailjar.launcher;

/** Lays a JSON document out for people, two spaces a level, as the incumbent prints its own. */
final class JsonLayout {
  private JsonLayout() {}

  /** The same document with line breaks; whatever is not white space stays as it is. */
  static String indented(String json) {
    var out = new StringBuilder(json.length() * 2);
    int depth = 0;
    boolean quoted = false;
    for (int i = 0; i < json.length(); i++) {
      char c = json.charAt(i);
      if (quoted) {
        out.append(c);
        if (c == '\\') {
          out.append(json.charAt(++i));
        } else if (c == '"') {
          quoted = false;
        }
        continue;
      }
      switch (c) {
        case '"' -> {
          quoted = true;
          out.append(c);
        }
        case '{', '[' -> {
          out.append(c);
          char next = i + 1 < json.length() ? json.charAt(i + 1) : ' ';
          if (next == '}' || next == ']') {
            out.append(next);
            i++;
          } else {
            line(out, ++depth);
          }
        }
        case '}', ']' -> {
          line(out, --depth);
          out.append(c);
        }
        case ',' -> {
          out.append(c);
          line(out, depth);
        }
        case ':' -> out.append(": ");
        case ' ', '\n', '\r', '\t' -> {}
        default -> out.append(c);
      }
    }
    return out.toString();
  }

  private static void line(StringBuilder out, int depth) {
    out.append('\n').repeat("  ", depth);
  }
}
