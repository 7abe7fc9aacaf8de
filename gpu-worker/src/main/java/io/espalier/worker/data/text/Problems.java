package io.espalier.worker.data.text;

import io.espalier.worker.domain.InvalidInputException;
import java.util.ArrayList;
import java.util.List;

/** Problems of a file, collected so that they can be told at once. */
public final class Problems {
  /** What a reader looks at before mending the script that wrote the file. */
  private static final int LISTED = 20;

  private final Object file;
  private final List<String> listed = new ArrayList<>();
  private int unlisted;

  /** Nothing so far, of a file or data set that is named in front of each problem. */
  Problems(Object file) {
    this.file = file;
  }

  public void add(String where, String problem) {
    if (listed.size() < LISTED) {
      listed.add("%s, %s: %s".formatted(file, where, problem));
    } else {
      unlisted++;
    }
  }

  /** Sentences about the file, with its name in front of each. */
  List<String> named(List<String> sentences) {
    return sentences.stream().map(sentence -> "%s: %s".formatted(file, sentence)).toList();
  }

  /**
   * Goes on if nothing is wrong.
   *
   * @throws InvalidInputException naming the first problems, and how many more there are
   */
  public void throwIfAny() {
    if (unlisted > 0) {
      listed.add("%s: and %d more problems".formatted(file, unlisted));
    }
    if (!listed.isEmpty()) {
      throw new InvalidInputException(listed);
    }
  }
}
