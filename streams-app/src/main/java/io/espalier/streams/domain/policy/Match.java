package io.espalier.streams.domain.policy;

import io.espalier.streams.domain.model.Model;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which models a policy is for; every given condition must hold.
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

  /** Whether a model meets every condition. */
  public boolean accepts(Model model) {
    return (task.isEmpty() || task.get().equals(model.task()))
        && (families.isEmpty() || model.family().filter(families::contains).isPresent())
        && model.labels().entrySet().containsAll(labels.entrySet())
        && (names.isEmpty() || names.stream().anyMatch(glob -> glob.accepts(model.ref().name())));
  }
}
