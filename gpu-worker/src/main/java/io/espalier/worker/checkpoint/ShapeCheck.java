package io.espalier.worker.checkpoint;

import io.espalier.worker.checkpoint.file.SimilarNames;
import io.espalier.worker.domain.Problems;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** Compares the tensors of a checkpoint with those that an architecture asks for. */
final class ShapeCheck {
  /** Guessing takes names × names; what lacks more has no typing mistake, but another model. */
  private static final int GUESSED = 50;

  private ShapeCheck() {}

  static void require(Path model, Map<String, long[]> found, Map<String, long[]> expected) {
    var problems = new Problems();
    var missing = new LinkedHashMap<>(expected);
    missing.keySet().removeAll(found.keySet());
    var extra = new TreeMap<>(found);
    extra.keySet().removeAll(expected.keySet());

    int guesses = 0;
    for (var tensor : missing.entrySet()) {
      String guess =
          guesses++ < GUESSED
              ? SimilarNames.best(tensor.getKey(), extra.keySet())
                  .map("; did you mean '%s', which it has?"::formatted)
                  .orElse("")
              : "";
      problems.add(
          "%s: tensor '%s' is missing: wanted shape %s%s",
          model, tensor.getKey(), Arrays.toString(tensor.getValue()), guess);
    }
    extra.forEach(
        (name, shape) ->
            problems.add(
                "%s: tensor '%s' of shape %s is not part of the architecture",
                model, name, Arrays.toString(shape)));
    expected.forEach((name, shape) -> compare(model, name, shape, found, problems));
    problems.throwIfAny();
  }

  private static void compare(
      Path model, String name, long[] wanted, Map<String, long[]> found, Problems problems) {
    long[] shape = found.get(name);
    if (shape != null && !Arrays.equals(shape, wanted)) {
      problems.add(
          "%s: tensor '%s': wanted shape %s, found %s",
          model, name, Arrays.toString(wanted), Arrays.toString(shape));
    }
  }
}
