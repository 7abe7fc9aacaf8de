package io.espalier.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.PrunedModel;
import io.espalier.event.StageEvent;
import io.espalier.event.StageProgressed;
import io.espalier.event.StageStarted;
import io.espalier.event.StageSucceeded;
import io.espalier.standalone.local.JavaProcess;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Whatever dies in the middle of a run, the run ends with one event. */
class LostServicesIT {
  private static final Duration PATIENCE = Duration.ofMinutes(4);
  private static final int MANY_IMAGES = 128;

  @Test
  void a_stage_whose_worker_is_killed_is_done_by_another() {
    try (Installed espalier = Installed.as("killed-worker")) {
      espalier.startCoordinator();
      JavaProcess first = espalier.startWorker("first");
      String killed = begin(espalier);

      first.kill();
      espalier.startWorker("second");

      PrunedModel pruned = theOnePruned(espalier);
      assertThat(workersThat(espalier, pruned, StageStarted.class))
          .contains(killed)
          .hasSizeGreaterThan(1);
      assertThat(workersThat(espalier, pruned, StageSucceeded.class)).doesNotContain(killed);
      assertThat(pruned.getStages()).hasSize(1);
    }
  }

  @Test
  void a_run_goes_on_where_it_was_when_the_coordinator_is_killed_and_started_again() {
    try (Installed espalier = Installed.as("killed-coordinator")) {
      JavaProcess coordinator = espalier.startCoordinator();
      espalier.startWorker("worker");
      begin(espalier);

      coordinator.kill();
      espalier.startCoordinator();

      PrunedModel pruned = theOnePruned(espalier);
      assertThat(workersThat(espalier, pruned, StageSucceeded.class)).hasSize(1);
    }
  }

  @Test
  void a_run_outlives_a_restart_of_the_broker() {
    try (Installed espalier = Installed.as("restarted-broker")) {
      espalier.startCoordinator();
      espalier.startWorker("worker");
      begin(espalier);

      espalier.broker().kill();
      espalier.broker().restart();

      theOnePruned(espalier);
    }
  }

  /** Registers a model and waits until its stage is well under way; the worker that has it. */
  private static String begin(Installed espalier) {
    espalier.applyPolicy("model", "60%", MANY_IMAGES);
    espalier.register("model", "1", TestModel.large(), Optional.empty());
    try (var events = espalier.read(espalier.topics().stageEvents())) {
      return events
          .await(
              PATIENCE,
              event -> event.getDetail() instanceof StageProgressed at && at.getDone() > 0)
          .value()
          .getWorkerId();
    }
  }

  /**
   * The result of the run; afterwards nothing more may come, so a second model is sent behind it.
   */
  private static PrunedModel theOnePruned(Installed espalier) {
    try (var pruned = espalier.read(espalier.topics().prunedModel());
        var rejected = espalier.read(espalier.topics().modelRejected())) {
      PrunedModel result = pruned.await(PATIENCE, event -> true).value();
      espalier.applyPolicy("after", "60%", 32);
      espalier.register("after", "1", TestModel.small(), Optional.empty());
      pruned.await(PATIENCE, event -> event.getModelName().equals("after"));
      assertThat(pruned.all()).extracting(PrunedModel::getModelName).containsOnlyOnce("model");
      assertThat(rejected.all()).isEmpty();
      return result;
    }
  }

  private static List<String> workersThat(Installed espalier, PrunedModel result, Class<?> did) {
    try (var events = espalier.read(espalier.topics().stageEvents())) {
      return events.all().stream()
          .filter(event -> event.getRunId().equals(result.getRunId()))
          .filter(event -> did.isInstance(event.getDetail()))
          .map(StageEvent::getWorkerId)
          .distinct()
          .toList();
    }
  }
}
