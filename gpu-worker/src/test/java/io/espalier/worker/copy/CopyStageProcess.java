package io.espalier.worker.copy;

import io.espalier.worker.stage.job.StageChild;
import io.espalier.worker.stage.job.Stages;

/** Main class of a child JVM that can copy, too. */
public final class CopyStageProcess {
  private CopyStageProcess() {}

  public static void main(String[] arguments) {
    StageChild.serve(arguments, stages(), () -> {});
  }

  /** The worker's stages, and the one of this package. */
  public static Stages stages() {
    return Stages.standard().and(new CopyStage());
  }
}
