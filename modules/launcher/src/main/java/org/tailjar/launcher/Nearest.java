package org.tailjar.launcher;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** The known word that was meant by a misspelt one, where that is beyond doubt. */
final class Nearest {
  private Nearest() {}

  /**
   * The nearest of the known words: one that differs only by separators and case, or by one letter
   * in four. Empty when none is so near, since a far-fetched suggestion misleads.
   */
  static Optional<String> to(String word, Collection<String> known) {
    var wanted = letters(word);
    return known.stream()
        .min(Comparator.comparingInt(candidate -> edits(wanted, letters(candidate))))
        .filter(candidate -> edits(wanted, letters(candidate)) * 4 <= wanted.length());
  }

  private static String letters(String word) {
    return word.replaceAll("[_-]", "").toLowerCase(Locale.ROOT);
  }

  /** Edits between two words, of which a swap of neighbours is one (optimal string alignment). */
  static int edits(String one, String other) {
    var before = new int[other.length() + 1];
    var above = new int[other.length() + 1];
    var row = new int[other.length() + 1];
    Arrays.setAll(row, i -> i);
    for (int i = 1; i <= one.length(); i++) {
      var reused = before;
      before = above;
      above = row;
      row = reused;
      row[0] = i;
      for (int j = 1; j <= other.length(); j++) {
        int replaced = above[j - 1] + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(replaced, Math.min(above[j], row[j - 1]) + 1);
        if (i > 1
            && j > 1
            && one.charAt(i - 1) == other.charAt(j - 2)
            && one.charAt(i - 2) == other.charAt(j - 1)) {
          row[j] = Math.min(row[j], before[j - 2] + 1);
        }
      }
    }
    return row[other.length()];
  }
}
