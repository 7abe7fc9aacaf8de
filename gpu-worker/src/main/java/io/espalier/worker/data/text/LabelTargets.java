package io.espalier.worker.data.text;

import io.espalier.worker.data.TextInput;
import io.espalier.worker.data.text.GivenLabel.Numeral;
import io.espalier.worker.data.text.GivenLabel.Several;
import io.espalier.worker.domain.model.ProblemType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * Makes the numbers that a model's scores should be from the labels of a file.
 *
 * <p>Where a text may have several labels, a list gives their numbers or names; or, as transformers
 * has it, one 0 or 1 for each label of the model. A list is taken for the latter if all lists of
 * the file can be.
 */
final class LabelTargets {
  private final KnownLabels known;
  private final boolean values;
  private final boolean marks;
  private final List<String> warnings = new ArrayList<>();

  /** For the labels of a file. */
  LabelTargets(TextInput input, List<GivenLabel> labels) {
    this.known = new KnownLabels(input.labels());
    this.values = input.problem() == ProblemType.REGRESSION;
    this.marks = !values && labels.stream().allMatch(this::isMarks);
    if (marks && labels.stream().allMatch(this::couldBeNumbers)) {
      warnings.add(
          "labels %s and all others are taken for one 0 or 1 for each of the model's %d labels, not for numbers of labels; give names if these are meant"
              .formatted(labels.get(0), known.count()));
    }
  }

  private boolean isMarks(GivenLabel label) {
    return label instanceof Several several
        && several.labels().size() == known.count()
        && several.labels().stream()
            .allMatch(mark -> mark instanceof Numeral number && (number.is(0) || number.is(1)));
  }

  private boolean couldBeNumbers(GivenLabel label) {
    return label instanceof Several several
        && new HashSet<>(several.labels()).size() == several.labels().size()
        && several.labels().stream()
            .allMatch(item -> item instanceof Numeral number && number.isWhole());
  }

  /** Returns what could have been meant otherwise, by now. */
  List<String> warnings() {
    var all = new ArrayList<>(warnings);
    all.addAll(known.warnings());
    return all;
  }

  /** One number for each score; empty, and a problem, if the label does not say that. */
  Optional<float[]> of(GivenLabel label, String where, RowProblems problems) {
    List<GivenLabel> items = label instanceof Several several ? several.labels() : List.of(label);
    return values || marks ? numbers(items, where, problems) : set(items, where, problems);
  }

  private Optional<float[]> numbers(List<GivenLabel> items, String where, RowProblems problems) {
    float[] numbers = new float[known.count()];
    boolean sound = items.size() == numbers.length;
    for (int i = 0; i < numbers.length && sound; i++) {
      numbers[i] = items.get(i) instanceof Numeral number ? number.value().floatValue() : Float.NaN;
      sound = Float.isFinite(numbers[i]);
    }
    if (!sound) {
      problems.add(
          where,
          "wanted %s, since problem_type is %s, found %s"
              .formatted(
                  numbers.length == 1
                      ? "a number"
                      : "a list of %d numbers".formatted(known.count()),
                  ProblemType.REGRESSION.key(),
                  items.size() == 1 ? items.get(0) : new Several(items)));
      return Optional.empty();
    }
    return Optional.of(numbers);
  }

  private Optional<float[]> set(List<GivenLabel> items, String where, RowProblems problems) {
    float[] targets = new float[known.count()];
    for (GivenLabel item : items) {
      int number = known.number(item);
      if (number == KnownLabels.NONE) {
        problems.add(where, known.problem(item));
        return Optional.empty();
      }
      targets[number] = 1;
    }
    return Optional.of(targets);
  }
}
