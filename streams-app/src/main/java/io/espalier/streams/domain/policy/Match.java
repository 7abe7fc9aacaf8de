package io.espalier.streams.domain.policy;

import io.espalier.streams.domain.model.Model;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Models that a policy is for; every given condition must hold.
 *
 * @param task the model's task; any if absent
 * @param names globs on the model's name; any if empty
 * @param families the model's family is one of these; any if empty
 * @param labels labels that the model must carry with these values
 */
public record Match(
    Optional<String> task, List<Glob> names, Set<String> families, Map<String, String> labels) {
  public Match {
    names = List.copyOf(names);
    families = Set.copyOf(families);
    labels = Map.copyOf(labels);
  }

  /** Returns whether a model meets every condition. */
  public boolean accepts(Model model) {
    return taskHolds(model)
        && familyHolds(model)
        && model.labels().entrySet().containsAll(labels.entrySet())
        && nameHolds(model);
  }

  /** Returns the conditions that are given, in the order of their fields, labels by name. */
  List<Condition> conditions(Model model) {
    List<Condition> conditions = new ArrayList<>();
    task.ifPresent(
        wanted -> conditions.add(new Condition("task", wanted, model.task(), taskHolds(model))));
    if (!names.isEmpty()) {
      String wanted = names.stream().map(Glob::text).collect(Collectors.joining(" or "));
      conditions.add(new Condition("names", wanted, model.ref().name(), nameHolds(model)));
    }
    if (!families.isEmpty()) {
      String wanted = String.join(" or ", new TreeSet<>(families));
      String found = model.family().orElse(Condition.NONE);
      conditions.add(new Condition("families", wanted, found, familyHolds(model)));
    }
    new TreeMap<>(labels)
        .forEach((label, wanted) -> conditions.add(label(label, wanted, model.labels())));
    return conditions;
  }

  private boolean taskHolds(Model model) {
    return task.isEmpty() || task.get().equals(model.task());
  }

  private boolean nameHolds(Model model) {
    return names.isEmpty() || names.stream().anyMatch(glob -> glob.accepts(model.ref().name()));
  }

  private boolean familyHolds(Model model) {
    return families.isEmpty() || model.family().filter(families::contains).isPresent();
  }

  private static Condition label(String label, String wanted, Map<String, String> present) {
    Optional<String> found = Optional.ofNullable(present.get(label));
    return new Condition(
        "labels." + label,
        wanted,
        found.orElse(Condition.NONE),
        found.filter(wanted::equals).isPresent());
  }
}
