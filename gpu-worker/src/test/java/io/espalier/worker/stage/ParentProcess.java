package io.espalier.worker.stage;

import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageKind;
import java.nio.file.Path;

/** Main class of a supervisor that a test kills while its child runs. */
public final class ParentProcess {
  private ParentProcess() {}

  public static void main(String[] arguments) {
    var child =
        new ChildJvm(ChildSettings.of(64, 1).withMainClass(TestStageProcess.class.getName()));
    child.run(
        ChildJvmTest.job(Path.of(arguments[0]), StageKind.PRUNE, "\"never end\""),
        Progress.Listener.NONE,
        new Stop());
  }
}
