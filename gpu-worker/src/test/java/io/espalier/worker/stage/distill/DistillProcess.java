package io.espalier.worker.stage.distill;

import io.espalier.schemas.stage.StageDeclaration;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * Main class of a process that distils, and tells each step on standard output: for a test to end.
 * Arguments: folder of the models, folder of the result, place of the data, settings, milliseconds
 * between two states.
 */
public final class DistillProcess {
  private DistillProcess() {}

  public static void main(String[] arguments) {
    Path folder = Path.of(arguments[0]);
    Path result = Path.of(arguments[1]);
    StageJob job =
        new StageJob(
                "run",
                0,
                1,
                StageKind.DISTILL,
                arguments[3],
                folder.resolve("student"),
                result,
                folder.resolve("checkpoints-" + result.getFileName()),
                Map.of("train", URI.create(arguments[2])),
                7)
            .with(Map.of(StageDeclaration.TEACHER, folder.resolve("teacher")));
    Progress.Listener told =
        progress -> {
          if (progress.phase().equals("correcting the teacher")) {
            System.out.println("correction " + progress.done());
          }
          if (progress.phase().equals("training")) {
            System.out.println("step " + progress.done());
          }
        };
    new DistillStage(Duration.ofMillis(Long.parseLong(arguments[4]))).run(job, told);
  }
}
