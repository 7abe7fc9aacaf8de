package io.espalier.worker.stage;

import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.stage.job.ChildJvm;
import io.espalier.worker.stage.job.ChildJvmTest;
import io.espalier.worker.stage.job.ChildSettings;
import io.espalier.worker.stage.job.WarmChild;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** Main class of a supervisor of its own process: for a test to kill, or to give an environment. */
public final class ParentProcess {
  private ParentProcess() {}

  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    var child =
        new ChildJvm(ChildSettings.of(64, 1).withMainClass(TestStageProcess.class.getName()));
    if (arguments[1].equals("warm")) {
      try (WarmChild waiting = child.warm(folder)) {
        Path pids = folder.resolve("pids.partial");
        Files.writeString(
            pids, String.valueOf(ProcessHandle.current().children().findAny().orElseThrow().pid()));
        Files.move(pids, folder.resolve("pids"));
        new CountDownLatch(1).await();
      }
    }
    child.run(
        ChildJvmTest.job(folder, StageKind.PRUNE, arguments[1]),
        Progress.Listener.NONE,
        new Stop());
  }
}
