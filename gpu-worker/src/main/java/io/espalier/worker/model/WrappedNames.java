package io.espalier.worker.model;

import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Names of tensors that a wrapper has put something in front of: {@code _orig_mod.} by {@code
 * torch.compile}, {@code module.} by {@code DataParallel}, the name of an attribute by whoever kept
 * the model in one.
 */
final class WrappedNames {
  private WrappedNames() {}

  /**
   * Returns what is wrong in one sentence, if the model would fit without what its names begin
   * with.
   *
   * @param drawing the architecture of tensors by their names and shapes
   */
  static Optional<String> problem(
      ModelDirectory directory, Function<Map<String, long[]>, Architecture> drawing) {
    Map<String, long[]> shapes = directory.shapes();
    for (String prefix : prefixes(shapes.keySet())) {
      boolean everywhere = shapes.keySet().stream().allMatch(name -> name.startsWith(prefix));
      String doubled = prefix + prefix;
      if (everywhere && fits(shapes, drawing, name -> name.substring(prefix.length()))) {
        return Optional.of(
            "%s: names of all %d tensors begin with '%s', which a wrapper around the model has put there; save the state dict of the model itself, or remove '%s' from the names"
                .formatted(directory.path(), shapes.size(), prefix, prefix));
      }
      if (fits(shapes, drawing, name -> undoubled(name, prefix))) {
        long count = shapes.keySet().stream().filter(name -> name.startsWith(doubled)).count();
        return Optional.of(
            "%s: names of %d tensors begin with '%s', twice the same; leave one of them"
                .formatted(directory.path(), count, doubled));
      }
    }
    return Optional.empty();
  }

  private static String undoubled(String name, String prefix) {
    return name.startsWith(prefix + prefix) ? name.substring(prefix.length()) : name;
  }

  /**
   * Returns what names begin with up to a dot, the shortest first, as far as it may be a wrapper's.
   */
  private static Set<String> prefixes(Set<String> names) {
    var prefixes = new LinkedHashSet<String>();
    for (String name : names) {
      int dot = name.indexOf('.');
      for (int part = 0; part < 3 && dot >= 0; part++) {
        prefixes.add(name.substring(0, dot + 1));
        dot = name.indexOf('.', dot + 1);
      }
      if (prefixes.size() > 16) {
        break;
      }
    }
    return prefixes;
  }

  private static boolean fits(
      Map<String, long[]> shapes,
      Function<Map<String, long[]>, Architecture> drawing,
      UnaryOperator<String> renaming) {
    var renamed = new LinkedHashMap<String, long[]>();
    shapes.forEach((name, shape) -> renamed.put(renaming.apply(name), shape));
    if (renamed.keySet().equals(shapes.keySet())) {
      return false;
    }
    try {
      return drawing.apply(renamed).shapes().keySet().equals(renamed.keySet());
    } catch (InvalidInputException e) {
      return false;
    }
  }
}
