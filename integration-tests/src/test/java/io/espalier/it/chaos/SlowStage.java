package io.espalier.it.chaos;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.schemas.stage.PruneStages;
import io.espalier.schemas.stage.StageDeclaration;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.stage.Stage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A stage of so many steps of a second each, as its spec says. It keeps how far it is after each
 * step and goes on from there. It waits instead of computing, so that many fit on one machine.
 */
final class SlowStage implements Stage {
  static final long STEP_MILLIS = 1_000;

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String KEPT = "steps-done";

  @Override
  public StageDeclaration declaration() {
    return PruneStages.PRUNE;
  }

  @Override
  public String version() {
    return "1";
  }

  @Override
  public void check(StageJob job) {
    steps(job);
  }

  @Override
  public Set<String> metrics(StageJob job) {
    return Set.of();
  }

  @Override
  public StageReport run(StageJob job, Progress.Listener progress) {
    try {
      int steps = steps(job);
      Files.createDirectories(job.checkpoints());
      for (int done = kept(job); done < steps; done++) {
        progress.report(Progress.of("working", done, steps));
        pause();
        keep(job, done + 1);
      }
      progress.report(Progress.of("working", steps, steps));
      Files.createDirectories(job.output());
      Files.copy(job.input().resolve("config.json"), job.output().resolve("config.json"));
      Files.writeString(job.output().resolve("made-from"), job.spec());
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    return new StageReport("slow", version(), Map.of(), List.of(), List.of(), "none");
  }

  private static int steps(StageJob job) {
    try {
      return JSON.readTree(job.spec()).required("steps").intValue();
    } catch (JsonProcessingException | IllegalArgumentException broken) {
      throw new InvalidInputException("wanted {\"steps\":N}, found " + job.spec());
    }
  }

  private static int kept(StageJob job) throws IOException {
    Path file = job.checkpoints().resolve(KEPT);
    return Files.exists(file) ? Integer.parseInt(Files.readString(file)) : 0;
  }

  private static void keep(StageJob job, int done) throws IOException {
    Path draft = Files.writeString(job.checkpoints().resolve(KEPT + ".new"), "" + done);
    Files.move(draft, job.checkpoints().resolve(KEPT), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Nobody ends it before its time, but a signal could. */
  private static void pause() {
    try {
      if (new CountDownLatch(1).await(STEP_MILLIS, TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException("nobody counts down");
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted in a step", interrupted);
    }
  }
}
