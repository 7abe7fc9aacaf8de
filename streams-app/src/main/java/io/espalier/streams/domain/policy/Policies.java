package io.espalier.streams.domain.policy;

import io.espalier.streams.domain.model.Model;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The policies in force.
 *
 * <p>Each lies under what it asks for: a task, a family, the letters that a name begins with, and
 * the label that fewest others ask for. A model meets only those that lie under what it has, so the
 * time to match it does not grow with the policies that are for others.
 */
public final class Policies {
  /** No policy. */
  public static final Policies NONE = new Policies(List.of());

  /** Conditions of a policy that serve to find it. */
  private record Place(
      Optional<String> task,
      Optional<String> family,
      String beginning,
      Optional<Map.Entry<String, String>> label) {}

  private final Map<Place, List<Policy>> places = new HashMap<>();
  private final Set<Integer> lengths = new TreeSet<>();

  /** These policies. */
  public Policies(Collection<Policy> policies) {
    Map<Map.Entry<String, String>, Integer> asked = new HashMap<>();
    policies.forEach(
        policy -> policy.match().labels().entrySet().forEach(l -> asked.merge(l, 1, Integer::sum)));
    policies.forEach(policy -> add(policy, asked));
  }

  private void add(Policy policy, Map<Map.Entry<String, String>, Integer> asked) {
    Match match = policy.match();
    Optional<Map.Entry<String, String>> label =
        match.labels().entrySet().stream()
            .min(
                Comparator.<Map.Entry<String, String>>comparingInt(l -> asked.getOrDefault(l, 0))
                    .thenComparing(Map.Entry::getKey));
    Set<Optional<String>> families = new HashSet<>();
    match.families().forEach(family -> families.add(Optional.of(family)));
    Set<String> beginnings = new HashSet<>();
    match.names().forEach(glob -> beginnings.add(glob.beginning()));
    for (Optional<String> family :
        families.isEmpty() ? Set.of(Optional.<String>empty()) : families) {
      for (String beginning : beginnings.isEmpty() ? Set.of("") : beginnings) {
        places
            .computeIfAbsent(
                new Place(match.task(), family, beginning, label), p -> new ArrayList<>())
            .add(policy);
        lengths.add(beginning.length());
      }
    }
  }

  /** Returns the policies that are for a model, in name order: each one means a run. */
  public List<Policy> matching(Model model) {
    List<Optional<Map.Entry<String, String>>> labels = new ArrayList<>();
    labels.add(Optional.empty());
    model.labels().entrySet().forEach(label -> labels.add(Optional.of(label)));
    Map<String, Policy> found = new HashMap<>();
    for (Optional<String> task : either(Optional.of(model.task()))) {
      for (Optional<String> family : either(model.family())) {
        for (Optional<Map.Entry<String, String>> label : labels) {
          collect(model, task, family, label, found);
        }
      }
    }
    return found.values().stream().sorted(Comparator.comparing(Policy::name)).toList();
  }

  private void collect(
      Model model,
      Optional<String> task,
      Optional<String> family,
      Optional<Map.Entry<String, String>> label,
      Map<String, Policy> found) {
    String name = model.ref().name();
    for (int length : lengths) {
      if (length > name.length()) {
        return;
      }
      Place place = new Place(task, family, name.substring(0, length), label);
      for (Policy policy : places.getOrDefault(place, List.of())) {
        if (policy.accepts(model)) {
          found.put(policy.name(), policy);
        }
      }
    }
  }

  private static Set<Optional<String>> either(Optional<String> value) {
    return value.isPresent() ? Set.of(value, Optional.empty()) : Set.of(Optional.empty());
  }
}
