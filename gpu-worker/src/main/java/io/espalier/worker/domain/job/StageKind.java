package io.espalier.worker.domain.job;

/**
 * Work of a stage on a model. Which kinds there are say their declarations.
 *
 * @param name as policies write it, such as {@code prune}
 */
public record StageKind(String name) {
  /** Removes what matters least. */
  public static final StageKind PRUNE = new StageKind("prune");

  /** Trains it to answer like its parent. */
  public static final StageKind DISTILL = new StageKind("distill");

  /** Stores or computes it in fewer bits. */
  public static final StageKind QUANTIZE = new StageKind("quantize");

  /** Measures it and changes nothing. */
  public static final StageKind EVALUATE = new StageKind("evaluate");

  /** Writes it in another format. */
  public static final StageKind EXPORT = new StageKind("export");

  @Override
  public String toString() {
    return name;
  }
}
