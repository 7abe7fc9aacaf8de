package io.espalier.it.chaos;

import io.espalier.worker.stage.job.StageChild;
import io.espalier.worker.stage.job.Stages;

/** Main class of the JVM of a {@link SlowStage}. */
public final class SlowStageProcess {
  private SlowStageProcess() {}

  /** Waits for a job on standard input and does it. */
  public static void main(String[] arguments) {
    StageChild.serve(arguments, Stages.with(new SlowStage()), () -> {});
  }
}
