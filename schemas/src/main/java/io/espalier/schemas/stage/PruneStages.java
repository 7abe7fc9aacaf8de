package io.espalier.schemas.stage;

import io.espalier.schemas.stage.StageDeclaration.Variant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The stage {@code prune}, by algorithm. */
public final class PruneStages {
  /** The kind of stage. */
  public static final StageDeclaration PRUNE =
      new StageDeclaration(
          "prune",
          "Removes what matters least, within the constraints",
          Optional.of(PruneKeys.ALGORITHM),
          List.of(
              new Variant(FastNasKeys.FASTNAS, FastNasKeys.TABLE, any -> measuredOfImages()),
              new Variant(GradNasKeys.GRADNAS, GradNasKeys.TABLE, any -> measuredOfTransformers()),
              new Variant(MinitronKeys.MINITRON, MinitronKeys.TABLE, any -> Metrics.OF_TEXT)),
          true,
          Set.of());

  private PruneStages() {}

  /** Of those that read text, and of those that tell images apart. */
  private static Set<String> measuredOfTransformers() {
    return Metrics.and(Metrics.OF_TEXT, measuredOfImages());
  }

  private static Set<String> measuredOfImages() {
    return Metrics.and(Metrics.OF_IMAGES, Set.of(Metrics.AGREEMENT));
  }
}
