package org.tailjar.headscale;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Unmodifiable copies for the wire records. Null stays null: it means "unchanged". */
final class Copies {

  private Copies() {}

  /** The elements that are there; a server's null among them says nothing. */
  static <T> @Nullable List<T> of(@Nullable List<T> list) {
    return list == null ? null : list.stream().filter(Objects::nonNull).toList();
  }

  /** All entries in their order; null as a value means "remove". */
  static <K, V> @Nullable Map<K, V> of(@Nullable Map<K, V> map) {
    return map == null ? null : Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }

  static <T> List<T> orEmpty(@Nullable List<T> list) {
    @Nullable List<T> copy = of(list);
    return copy == null ? List.of() : copy;
  }

  static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }
}
