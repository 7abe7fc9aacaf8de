package io.espalier.it.chaos;

import io.espalier.worker.app.Worker;
import io.espalier.worker.app.WorkerConfig;
import io.espalier.worker.checkpoint.file.FileListing;
import io.espalier.worker.checkpoint.store.InputRoots;
import io.espalier.worker.kafka.work.InputRules;
import io.espalier.worker.stage.job.ChildSettings;
import io.espalier.worker.stage.job.Stages;
import java.nio.file.Path;
import java.util.List;

/**
 * Main class of a worker that knows nothing but the {@link SlowStage}: {@code SlowWorker BOOTSTRAP
 * REGISTRY PREFIX WORK_DIRECTORY SLOTS ROOT}.
 */
public final class SlowWorker {
  private static final int HEAP_MEBIBYTES = 48;

  private SlowWorker() {}

  /** Works until the JVM is asked to end. */
  public static void main(String[] arguments) {
    WorkerConfig config =
        WorkerConfig.of(arguments[0], arguments[1], "default", Path.of(arguments[3]))
            .withTopicPrefix(arguments[2])
            .withSlots(Integer.parseInt(arguments[4]))
            .withInputs(
                new InputRules(
                    InputRoots.of(List.of(Path.of(arguments[5]))), FileListing.Limits.STANDARD))
            .withChild(
                ChildSettings.of(HEAP_MEBIBYTES, 1)
                    .withMainClass(SlowStageProcess.class.getName())
                    .withOptions(List.of("-XX:TieredStopAtLevel=1")));
    try (Worker worker = Worker.start(config, Stages.with(new SlowStage()))) {
      Runtime.getRuntime().addShutdownHook(new Thread(worker::close, "stop-worker"));
      worker.awaitStopped();
    }
  }
}
