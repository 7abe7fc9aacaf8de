package io.espalier.streams.domain.stage;

/**
 * Work of a stage on a model. Which kinds there are is for those to know who read policies and do
 * the work.
 *
 * @param name as policies write it, such as {@code prune}
 */
public record StageKind(String name) {
  /** Takes units out. */
  public static final StageKind PRUNE = new StageKind("prune");

  /** Measures. */
  public static final StageKind EVALUATE = new StageKind("evaluate");

  @Override
  public String toString() {
    return name;
  }
}
