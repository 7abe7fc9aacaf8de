package io.espalier.worker.domain.model;

import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Names after modules of stacks have been dropped: those that stay move up. */
final class Renumbering {
  /**
   * A stack of which not everything stays.
   *
   * @param kept numbers of the modules that stay, ascending
   */
  private record Cut(Stack stack, List<Integer> kept) {}

  private final List<Cut> cuts;

  private Renumbering(List<Cut> cuts) {
    this.cuts = cuts;
  }

  /** Everything keeps its name. */
  static Renumbering none() {
    return new Renumbering(List.of());
  }

  static Renumbering of(List<Stack> stacks, Kept kept) {
    return new Renumbering(
        stacks.stream()
            .filter(stack -> kept.of(stack.axis()).isPresent())
            // The innermost first: its number stands behind those of the stacks around it.
            .sorted(Comparator.comparing((Stack stack) -> -stack.prefix().length()))
            .map(stack -> new Cut(stack, numbers(kept.of(stack.axis()).orElseThrow())))
            .toList());
  }

  private static List<Integer> numbers(int[] kept) {
    return Arrays.stream(kept).boxed().toList();
  }

  /** The new name of something, or empty if it goes together with its module. */
  Optional<String> of(String name) {
    var renamed = new StringBuilder(name);
    for (Cut cut : cuts) {
      OptionalInt unit = cut.stack().unit(name);
      if (unit.isPresent()) {
        int place = Collections.binarySearch(cut.kept(), unit.getAsInt());
        if (place < 0) {
          return Optional.empty();
        }
        renamed.replace(
            cut.stack().prefix().length(), cut.stack().numberEnd(name), Integer.toString(place));
      }
    }
    return Optional.of(renamed.toString());
  }

  /**
   * The axis under its new name, with another number of units.
   *
   * @throws IllegalArgumentException if it goes
   */
  Axis renamed(Axis axis, int units) {
    return new Axis(require(axis.name()), units, axis.kind(), require(axis.module()));
  }

  /**
   * The new name of something that must stay.
   *
   * @throws IllegalArgumentException if it goes, although what stays needs it
   */
  String require(String name) {
    return of(name)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "'%s' belongs to a module that is dropped, but is needed outside"
                        .formatted(name)));
  }
}
