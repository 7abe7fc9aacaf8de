package io.espalier.worker.report.facts;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Loaders of a result.
 *
 * @param loaders those that open it
 * @param note what else there is to know of that, in a sentence
 */
public record ResultLoaders(List<Loader> loaders, Optional<String> note) {
  /** Loaders that know nothing of networks, or that come from here. */
  private static final Set<String> NO_STOCK = Set.of("espalier", "safetensors");

  /** Loaders; the list is copied. */
  public ResultLoaders {
    loaders = List.copyOf(loaders);
  }

  /**
   * A loader.
   *
   * @param name such as {@code transformers}
   * @param lines that open the result in its directory, of a program or a shell
   */
  public record Loader(String name, List<String> lines) {
    /** A loader; the list is copied. */
    public Loader {
      lines = List.copyOf(lines);
    }
  }

  /** Nothing known. */
  public static ResultLoaders unknown() {
    return new ResultLoaders(List.of(), Optional.empty());
  }

  /** Returns whether it is known that no loader of others makes the network of it. */
  public boolean isOnlyHere() {
    return !loaders.isEmpty() && loaders.stream().allMatch(each -> NO_STOCK.contains(each.name()));
  }
}
