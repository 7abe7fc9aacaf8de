package io.espalier.worker.checkpoint.file;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Guesses which name was meant. */
public final class SimilarNames {
  private SimilarNames() {}

  /**
   * The candidate that most likely was meant: the same with something in front, or else the one
   * with the fewest edits, up to a quarter of the name.
   */
  public static Optional<String> best(String wanted, Collection<String> candidates) {
    Optional<String> prefixed =
        candidates.stream()
            .filter(name -> name.endsWith("." + wanted) || wanted.endsWith("." + name))
            .min(Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder()));
    if (prefixed.isPresent()) {
      return prefixed;
    }
    int limit = Math.max(1, wanted.length() / 4);
    return candidates.stream()
        .filter(name -> Math.abs(name.length() - wanted.length()) <= limit)
        .map(name -> new Candidate(name, edits(wanted, name)))
        .filter(candidate -> candidate.edits() <= limit)
        .min(Comparator.comparingInt(Candidate::edits).thenComparing(Candidate::name))
        .map(Candidate::name);
  }

  private record Candidate(String name, int edits) {}

  /** Levenshtein distance, by rows. */
  static int edits(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
