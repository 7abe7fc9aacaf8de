package io.espalier.worker.algorithm.distill;

import io.espalier.worker.data.InputSpec;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.Quoted;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.model.KnownModel;
import io.espalier.worker.model.TextModel;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Check that two models say the same kind of thing, so that one can learn it from the other. */
public final class SameAnswers {
  private final KnownModel teacher;
  private final KnownModel student;
  private final List<String> problems = new ArrayList<>();

  private SameAnswers(KnownModel teacher, KnownModel student) {
    this.teacher = teacher;
    this.student = student;
  }

  /**
   * Makes sure that teacher and student read the same, and that scores at the same place mean the
   * same; they may be of different widths, depths and families.
   *
   * @throws InvalidInputException with everything that differs
   */
  public static void require(KnownModel teacher, KnownModel student) {
    var check = new SameAnswers(teacher, student);
    check.compare();
    if (!check.problems.isEmpty()) {
      throw new InvalidInputException(check.problems);
    }
  }

  private void compare() {
    if (teacher.input() instanceof TextInput from && student.input() instanceof TextInput to) {
      texts(from, to);
    } else if (teacher.input() instanceof InputSpec from
        && student.input() instanceof InputSpec to) {
      images(from, to);
    } else {
      add("input", reads(teacher), reads(student));
    }
  }

  private void texts(TextInput from, TextInput to) {
    same("task", from.task().key(), to.task().key());
    same("vocabulary, in tokens", from.vocabulary(), to.vocabulary());
    same("labels", from.labels(), to.labels());
    same("problem_type", from.problem().key(), to.problem().key());
    if (from.types() < to.types()) {
      add("segments that are told apart", "%d or more".formatted(to.types()), from.types() + "");
    }
    if (from.task() == TextTask.FEATURE_EXTRACTION && to.task() == TextTask.FEATURE_EXTRACTION) {
      same("width of embeddings", hidden(teacher), hidden(student));
    }
  }

  private void images(InputSpec from, InputSpec to) {
    same("number of classes", classes(teacher), classes(student));
    same("colour channels", from.channels(), to.channels());
    same("normalization of pixels", from.normalization(), to.normalization());
    if (!from.names().names().isEmpty() && !to.names().names().isEmpty()) {
      same("names of classes", from.names().names(), to.names().names());
    }
  }

  private static int hidden(KnownModel model) {
    return model instanceof TextModel text ? text.network().hiddenSize() : 0;
  }

  private static int classes(KnownModel model) {
    return model.architecture().axes().stream()
        .filter(axis -> axis.kind() == AxisKind.CLASSES)
        .mapToInt(Axis::units)
        .findFirst()
        .orElse(0);
  }

  private static String reads(KnownModel model) {
    return model.input() instanceof TextInput ? "texts" : "images";
  }

  private void same(String what, Object from, Object to) {
    if (!from.equals(to)) {
      add(what, from, to);
    }
  }

  /** Of lists whose first place that differs is the one to know. */
  private void same(String what, List<String> from, List<String> to) {
    if (from.equals(to)) {
      return;
    }
    if (from.size() != to.size()) {
      add(what, from.size() + " of them", to.size() + " of them");
      return;
    }
    int first =
        IntStream.range(0, from.size())
            .filter(i -> !from.get(i).equals(to.get(i)))
            .findFirst()
            .orElse(0);
    add(what, named(first, from), named(first, to));
  }

  private static String named(int place, List<String> names) {
    return "'%s' as number %d".formatted(Quoted.of(names.get(place)), place);
  }

  private void add(String what, Object from, Object to) {
    problems.add(
        "%s: the teacher %s has %s, but the student %s has %s; name the model that the student was made from, or another that agrees in this"
            .formatted(
                what,
                Quoted.place(teacher.directory().path()),
                from,
                Quoted.place(student.directory().path()),
                to));
  }
}
