package io.espalier.worker.app;

import io.espalier.worker.stage.StageChild;
import io.espalier.worker.stage.Stages;
import java.nio.file.Path;
import java.util.Locale;

/** Main class of a stage's own JVM; started by the supervisor, not by people. */
public final class StageProcess {
  private StageProcess() {}

  /** Runs the job of the file given as the only argument. */
  public static void main(String[] arguments) {
    Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT); // the same digits on every machine
    StageChild.serve(Path.of(arguments[0]), Stages.standard());
  }
}
