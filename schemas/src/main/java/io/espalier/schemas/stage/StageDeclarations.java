package io.espalier.schemas.stage;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The list of stages: all kinds that policies may name, each name once.
 *
 * @param all the kinds, in the order in which people are told of them
 */
public record StageDeclarations(List<StageDeclaration> all) {
  private static final StageDeclarations STANDARD =
      of(PruneStages.PRUNE, DistillKeys.DISTILL, QuantizeKeys.QUANTIZE, EvaluateKeys.EVALUATE);

  /**
   * A list; it is copied.
   *
   * @throws IllegalArgumentException if two kinds have one name
   */
  public StageDeclarations {
    all = List.copyOf(all);
    List<String> names = all.stream().map(StageDeclaration::name).toList();
    if (names.stream().distinct().count() < names.size()) {
      throw new IllegalArgumentException("two kinds of stages have one name among " + names);
    }
  }

  /** Every kind of this version. */
  public static StageDeclarations standard() {
    return STANDARD;
  }

  /** Just the given kinds. */
  public static StageDeclarations of(StageDeclaration... kinds) {
    return new StageDeclarations(List.of(kinds));
  }

  /** The same with another kind. */
  public StageDeclarations and(StageDeclaration another) {
    List<StageDeclaration> more = new ArrayList<>(all);
    more.add(another);
    return new StageDeclarations(more);
  }

  /** The kind of a name, if there is one. */
  public Optional<StageDeclaration> named(String name) {
    return all.stream().filter(kind -> kind.name().equals(name)).findFirst();
  }

  /** Names of all kinds, in their order. */
  public List<String> names() {
    return all.stream().map(StageDeclaration::name).toList();
  }

  /** Roles of the models that kinds need besides their input; kinds that need none are left out. */
  public Map<String, Set<String>> references() {
    Map<String, Set<String>> references = new TreeMap<>();
    all.stream()
        .filter(kind -> !kind.references().isEmpty())
        .forEach(kind -> references.put(kind.name(), kind.references()));
    return references;
  }
}
