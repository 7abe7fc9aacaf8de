package io.espalier.standalone.client;

import io.espalier.event.Run;
import io.espalier.event.StageProgressed;
import io.espalier.standalone.model.Words;
import io.espalier.standalone.report.Narration;
import java.time.Instant;
import java.util.Objects;

/** Tells what changes about a run, each change once, as of the time when it changed. */
final class RunFollower {
  private final Narration narration;
  private String told = "";

  RunFollower(Narration narration) {
    this.narration = narration;
  }

  void tell(Run run) {
    String state = state(run);
    if (!state.equals(told)) {
      narration.say(run.getUpdatedAt(), "run %s: %s".formatted(Runs.shortId(run), state));
      told = state;
    }
    StageProgressed progress = run.getProgress();
    if (progress != null && !Runs.isFinal(run)) {
      Instant heard = Objects.requireNonNullElse(run.getHeardAt(), run.getUpdatedAt());
      narration.progress(
          heard,
          new Narration.Step(
              progress.getPhase(),
              progress.getDone(),
              progress.getTotal(),
              Words.of(progress.getValues())));
    }
  }

  private static String state(Run run) {
    var text = new StringBuilder(Events.words(run.getState()));
    if (!Runs.isFinal(run) && run.getStageCount() > 0) {
      text.append(", stage %d of %d".formatted(run.getStageIndex() + 1, run.getStageCount()));
    }
    if (run.getAttempt() > 1) {
      text.append(", attempt ").append(run.getAttempt());
    }
    if (run.getWorkerId() != null && !Runs.isFinal(run)) {
      text.append(", on ").append(run.getWorkerId());
    }
    if (run.getReason() != null) {
      text.append(": ").append(run.getReason());
    }
    return text.toString();
  }
}
