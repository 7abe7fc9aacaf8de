package io.espalier.streams.domain.policy;

import io.espalier.streams.domain.model.Model;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

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

  /** A pattern in which {@code *} stands for any characters and {@code ?} for one. */
  public static final class Glob {
    private static final Pattern WILDCARD = Pattern.compile("[*?]");

    private final String glob;
    private final String beginning;
    private final Pattern pattern;

    /** The pattern written like this. */
    public Glob(String glob) {
      this.glob = glob;
      this.beginning = WILDCARD.split(glob, 2)[0];
      StringBuilder regex = new StringBuilder();
      glob.codePoints()
          .forEach(
              c ->
                  regex.append(
                      c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(Character.toString(c))));
      this.pattern = Pattern.compile(regex.toString(), Pattern.DOTALL);
    }

    boolean accepts(String name) {
      // Every event meets every policy, and most globs differ before their first wildcard.
      return name.startsWith(beginning) && pattern.matcher(name).matches();
    }

    /** As written. */
    @Override
    public String toString() {
      return glob;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Glob that && that.glob.equals(glob);
    }

    @Override
    public int hashCode() {
      return glob.hashCode();
    }
  }
}
