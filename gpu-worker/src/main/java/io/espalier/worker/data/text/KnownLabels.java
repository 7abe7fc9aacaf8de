package io.espalier.worker.data.text;

import io.espalier.worker.data.text.GivenLabel.Name;
import io.espalier.worker.data.text.GivenLabel.Numeral;
import io.espalier.worker.domain.Quoted;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The labels that a model gives, by which those of a file are known: an integer is the number of a
 * label, a string its name. What could be meant the other way round is noted as a warning.
 */
final class KnownLabels {
  /** In place of a label that is not known. */
  static final int NONE = -1;

  /** Labels that a message lists: some models have thousands. */
  private static final int LISTED = 20;

  private final List<String> names;
  private final Map<String, Integer> numbers = new HashMap<>();
  private final Set<String> shared = new HashSet<>();
  private @Nullable String ofNumbers;
  private @Nullable String ofNames;

  /** Those of a model, in the order of its scores. */
  KnownLabels(List<String> names) {
    this.names = List.copyOf(names);
    for (int i = 0; i < names.size(); i++) {
      if (numbers.putIfAbsent(names.get(i), i) != null) {
        shared.add(names.get(i));
      }
    }
  }

  /** Returns how many there are. */
  int count() {
    return names.size();
  }

  /** The number of a label; {@value #NONE} if the model does not give it, or gives two of them. */
  int number(GivenLabel found) {
    if (found instanceof Numeral number) {
      return number(number);
    }
    return found instanceof Name name ? number(name) : NONE;
  }

  private int number(Numeral found) {
    if (!isWithin(found)) {
      return NONE;
    }
    int number = found.value().intValueExact();
    Integer named = numbers.get(found.value().toPlainString());
    if (named != null && named != number && ofNumbers == null) {
      ofNumbers =
          "label %d is an integer, so it is taken for class number %d, which is named '%s'; the class named '%d' must be given as a string in JSON lines if it is meant"
              .formatted(number, number, shown(number), number);
    }
    return number;
  }

  private int number(Name found) {
    Integer number = numbers.get(found.text());
    Optional<Numeral> other = found.numeral().filter(this::isWithin);
    if (number == null) {
      return found.typed() ? NONE : other.map(this::number).orElse(NONE);
    }
    if (shared.contains(found.text())) {
      return NONE;
    }
    if (other.isPresent() && !other.get().is(number) && ofNames == null) {
      ofNames =
          "label %s is taken for the class of that name, which is number %d; class number %s must be given as an integer in JSON lines if it is meant"
              .formatted(found, number, other.get());
    }
    return number;
  }

  private boolean isWithin(Numeral found) {
    return found.isWhole()
        && found.value().signum() >= 0
        && found.value().compareTo(BigDecimal.valueOf(names.size())) < 0;
  }

  /** Returns what could have been meant otherwise, by now: the first of each kind. */
  List<String> warnings() {
    return Stream.of(Optional.ofNullable(ofNumbers), Optional.ofNullable(ofNames))
        .flatMap(Optional::stream)
        .toList();
  }

  /** Returns what is wrong with a label that is not known. */
  String problem(GivenLabel found) {
    if (names.isEmpty()) {
      return "label %s is unknown, since the model has no labels; id2label in config.json names them"
          .formatted(found);
    }
    if (found instanceof Numeral number) {
      return problem(number);
    }
    if (found instanceof Name name) {
      return problem(name);
    }
    return "%s is a list, but each has one label here; problem_type in config.json is multi_label_classification for models that give several"
        .formatted(found);
  }

  private String problem(Numeral found) {
    Integer named = numbers.get(found.value().toPlainString());
    String hint =
        named == null
            ? ""
            : "; the class named '%s' must be given as a string in JSON lines".formatted(found);
    return "label %s is none of the model's %d class numbers: wanted an integer from 0 to %d%s"
        .formatted(found, names.size(), names.size() - 1, hint);
  }

  private String problem(Name found) {
    if (shared.contains(found.text())) {
      List<Integer> of =
          IntStream.range(0, names.size())
              .filter(i -> names.get(i).equals(found.text()))
              .boxed()
              .toList();
      return "label %s is the name of classes %s; give the number".formatted(found, of);
    }
    List<String> some =
        names.subList(0, Math.min(LISTED, names.size())).stream().map(Quoted::of).toList();
    String hint =
        found.typed() && found.numeral().isPresent()
            ? "; a class number must be given as an integer, not as a string"
            : "";
    return "label %s is none of the model's %d: wanted one of %s%s, or an integer from 0 to %d%s"
        .formatted(
            found,
            names.size(),
            some,
            names.size() > LISTED ? " and others" : "",
            names.size() - 1,
            hint);
  }

  private String shown(int number) {
    return Quoted.of(names.get(number));
  }
}
