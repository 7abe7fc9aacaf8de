package io.espalier.worker.data;

import java.util.List;

/**
 * Names of a model's classes.
 *
 * @param names by number, from 0; empty if they have none
 * @param source where they stand, in words
 * @param order how the libraries that the model comes from order directories of classes
 */
public record ClassNames(List<String> names, String source, FolderOrder order) {
  /** No names. */
  public static final ClassNames NONE =
      new ClassNames(List.of(), "config.json", FolderOrder.CODE_POINTS);

  /** Names; the list is copied. */
  public ClassNames {
    names = List.copyOf(names);
  }

  /** The same names, and another order of directories. */
  public ClassNames in(FolderOrder other) {
    return new ClassNames(names, source, other);
  }
}
