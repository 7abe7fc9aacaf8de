package io.espalier.worker.app;

import io.espalier.worker.stage.job.StageChild;
import io.espalier.worker.stage.job.Stages;
import io.espalier.worker.tensor.PyTorch;
import java.util.Locale;

/** Main class of a stage's own JVM; started by the supervisor, not by people. */
public final class StageProcess {
  private StageProcess() {}

  /** Waits for a job on standard input and does it. */
  public static void main(String[] arguments) {
    Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT); // the same digits on every machine
    StageChild.serve(arguments, Stages.standard(), PyTorch::devices);
  }
}
