package io.espalier.schemas.policy;

import java.util.Comparator;

/**
 * Something that is wrong with a policy document.
 *
 * @param source the file, or what stands for it
 * @param line line in it, from 1; 0 if it is not about a line
 * @param path the field, such as {@code spec.gates[0].maxDegradation}; empty for the whole document
 * @param message what was wanted, what was found, what to do
 */
public record PolicyProblem(String source, int line, String path, String message) {
  static final Comparator<PolicyProblem> IN_ORDER =
      Comparator.comparingInt(PolicyProblem::line).thenComparing(PolicyProblem::path);

  @Override
  public String toString() {
    String where = line > 0 ? source + ":" + line : source;
    return path.isEmpty() ? where + ": " + message : where + ": " + path + ": " + message;
  }
}
