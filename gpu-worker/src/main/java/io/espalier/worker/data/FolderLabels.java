package io.espalier.worker.data;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Class of each directory of images.
 *
 * <p>Directories that have the names of the model's classes are those classes. If none has, the
 * first is class 0, and so on, in the order of the library that the model comes from. Anything
 * between is an error.
 *
 * @param labels of the directories, as they were given
 * @param classes number of classes
 * @param said how it was decided, in words
 * @param warnings what could be otherwise than meant
 */
record FolderLabels(List<Integer> labels, int classes, String said, List<String> warnings) {
  /** Images without directories. */
  static final FolderLabels NONE = new FolderLabels(List.of(), 0, "there are none", List.of());

  private static final int QUOTED = 80;

  FolderLabels {
    labels = List.copyOf(labels);
    warnings = List.copyOf(warnings);
  }

  /**
   * Decides.
   *
   * @param where the directory that holds them
   * @param folders their names
   * @param problems gets what makes it impossible; then the labels mean nothing
   */
  static FolderLabels of(
      String where, List<String> folders, InputSpec spec, List<String> problems) {
    ClassNames names = spec.names();
    var exact = new Matching(names.names(), folders, name -> name);
    var alike = new Matching(names.names(), folders, FolderLabels::withoutStyle);
    Matching matching = exact.unknown.isEmpty() || alike.ambiguous() ? exact : alike;
    if (matching.known() == 0) {
      return byOrder(where, folders, spec, problems);
    }
    matching.requireKnown(where, names, problems);
    matching.clashes.forEach(clash -> problems.add("%s: %s".formatted(where, clash)));
    return new FolderLabels(
        matching.labels,
        spec.classes().orElse(names.names().size()),
        "by name, as %s has them".formatted(names.source()),
        matching == alike
            ? List.of(
                "names of directories and of classes differ in case or punctuation: %s for %s"
                    .formatted(quoted(folders), quoted(names.names())))
            : List.of());
  }

  private static FolderLabels byOrder(
      String where, List<String> folders, InputSpec spec, List<String> problems) {
    OptionalInt classes = spec.classes();
    if (classes.isPresent() && classes.getAsInt() != folders.size()) {
      problems.add(
          "the model tells %d classes apart, but %s has %d sub-directories: %s; give each the name that its class has in config.json, or as many as there are classes"
              .formatted(classes.getAsInt(), where, folders.size(), quoted(folders)));
    }
    FolderOrder order = spec.names().order();
    List<String> sorted = sorted(folders, order);
    return new FolderLabels(
        folders.stream().map(sorted::indexOf).toList(),
        folders.size(),
        "by the order of %s: %s".formatted(order.library(), quoted(sorted)),
        doubts(where, sorted, spec.names()));
  }

  /** Returns what speaks against an order. */
  private static List<String> doubts(String where, List<String> sorted, ClassNames names) {
    var doubts = new ArrayList<String>();
    FolderOrder other = names.order().other();
    if (!sorted.equals(sorted(sorted, other))) {
      doubts.add(
          "classes are numbered in the order of %s, as for others of this kind of model: %s; in that of %s they would be %s"
              .formatted(
                  names.order().library(),
                  quoted(sorted),
                  other.library(),
                  quoted(sorted(sorted, other))));
    }
    if (names.names().stream().anyMatch(name -> !name.matches("LABEL_\\d+"))) {
      doubts.add(
          "no sub-directory of %s has the name of a class in %s (%s), so that they are numbered by order"
              .formatted(where, names.source(), quoted(names.names())));
    }
    return doubts;
  }

  private static List<String> sorted(List<String> folders, FolderOrder order) {
    return folders.stream().sorted(order.comparator()).toList();
  }

  private static String withoutStyle(String name) {
    return name.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}]+", " ").strip();
  }

  private static String quoted(List<String> names) {
    String all = String.join(", ", names);
    return all.length() <= QUOTED ? all : all.substring(0, QUOTED - 3) + "...";
  }

  /** Directories beside names of classes, both seen in the same way. */
  private static final class Matching {
    private interface Look {
      String at(String name);
    }

    private final List<Integer> labels = new ArrayList<>();
    private final List<String> unknown = new ArrayList<>();
    private final List<String> clashes = new ArrayList<>();
    private final boolean ambiguous;

    Matching(List<String> names, List<String> folders, Look look) {
      Map<String, List<Integer>> numbers = new HashMap<>();
      for (int i = 0; i < names.size(); i++) {
        numbers.computeIfAbsent(look.at(names.get(i)), any -> new ArrayList<>()).add(i);
      }
      for (String folder : folders) {
        List<Integer> found = numbers.getOrDefault(look.at(folder), List.of());
        labels.add(found.isEmpty() ? 0 : found.get(0));
        if (found.isEmpty()) {
          unknown.add(folder);
        } else if (found.size() > 1) {
          clashes.add("sub-directory %s has the name of classes %s".formatted(folder, found));
        }
      }
      this.ambiguous =
          numbers.size() < names.size()
              || folders.stream().map(look::at).distinct().count() < folders.size();
    }

    void requireKnown(String where, ClassNames all, List<String> problems) {
      if (!unknown.isEmpty()) {
        problems.add(
            "%s: %d of %d sub-directories have no names of classes in %s: %s; its names are %s; rename or move them"
                .formatted(
                    where,
                    unknown.size(),
                    labels.size(),
                    all.source(),
                    quoted(unknown),
                    quoted(all.names())));
      }
    }

    int known() {
      return labels.size() - unknown.size();
    }

    /** Returns whether some names or some directories look alike. */
    boolean ambiguous() {
      return ambiguous;
    }
  }
}
