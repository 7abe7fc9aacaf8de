package io.espalier.worker.data.text;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.Problems;
import java.util.List;

/** Problems of the rows of a file, each with its place. */
public final class RowProblems {
  /** What a reader looks at before mending the script that wrote the file. */
  private static final int LISTED = 20;

  private final Object file;
  private final Problems problems;

  /** Nothing so far, of a file or data set that is named in front of each problem. */
  RowProblems(Object file) {
    this.file = file;
    this.problems = new Problems(LISTED, more(file));
  }

  /** A name of a file may have a sign of per cent. */
  private static String more(Object file) {
    return file.toString().replace("%", "%%") + ": and %d more problems";
  }

  public void add(String where, String problem) {
    problems.addText("%s, %s: %s".formatted(file, where, problem));
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
    problems.throwIfAny();
  }
}
