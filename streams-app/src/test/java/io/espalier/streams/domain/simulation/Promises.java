package io.espalier.streams.domain.simulation;

import io.espalier.streams.domain.job.Job;
import io.espalier.streams.domain.job.JobId;
import io.espalier.streams.domain.model.Artifact;
import io.espalier.streams.domain.pool.InFlight;
import io.espalier.streams.domain.run.Run;
import io.espalier.streams.domain.run.RunDecision;
import io.espalier.streams.domain.run.RunEffect;
import io.espalier.streams.domain.run.RunEffect.Publish;
import io.espalier.streams.domain.run.RunEffect.QueueJob;
import io.espalier.streams.domain.run.RunEffect.Reject;
import io.espalier.streams.domain.stage.StageAttempt;
import io.espalier.streams.domain.stage.StageOutcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Holds what everybody can see against what was promised, by its own books and never by the
 * machines' own.
 */
final class Promises {
  private final Set<String> broken = new LinkedHashSet<>();
  private final Map<String, String> endings = new HashMap<>();
  private final Map<JobId, Job> queued = new HashMap<>();
  private final Map<JobId, Job> released = new HashMap<>();
  private final Map<String, Set<Artifact>> outputs = new HashMap<>();
  private final List<Object> transcript = new ArrayList<>();

  void require(boolean kept, String otherwise) {
    if (!kept) {
      broken.add(otherwise);
    }
  }

  Set<String> broken() {
    return broken;
  }

  /** Everything that was seen, in order: the same for the same seed. */
  List<Object> transcript() {
    return transcript;
  }

  /** A worker has published an output for a stage and says so. */
  void reported(JobId job, Artifact output) {
    outputs.computeIfAbsent(stage(job), id -> new HashSet<>()).add(output);
  }

  private static String stage(JobId job) {
    return job.runId() + "/" + job.attempt().stageIndex();
  }

  void see(RunDecision decision) {
    transcript.add(decision);
    for (RunEffect effect : decision.effects()) {
      if (effect instanceof QueueJob queue) {
        Job job = queue.job();
        require(queued.put(job.id(), job) == null, job.id() + " was queued twice");
      } else if (effect instanceof Publish publish) {
        seeEnding(publish.run(), "published");
        seePublished(publish.run());
      } else if (effect instanceof Reject reject) {
        seeEnding(reject.run(), "rejected");
      }
    }
  }

  void see(InFlight sent) {
    Job job = sent.job().orElseThrow();
    transcript.add(job);
    require(job.equals(queued.get(job.id())), job.id() + " was released as it was never queued");
    Job before = released.put(job.id(), job);
    require(before == null || sent.sent().times() > 1, job.id() + " was released twice");
  }

  /** Returns how many runs have ended. */
  int endings() {
    return endings.size();
  }

  /** Returns how a run has ended, if it has. */
  String ending(String runId) {
    return endings.getOrDefault(runId, "");
  }

  private void seeEnding(Run run, String how) {
    require(endings.put(run.id().value(), how) == null, run.id() + " ended twice");
  }

  /** Each stage's output is one that was reported for it, and was made of the one before. */
  private void seePublished(Run run) {
    List<StageOutcome> outcomes = run.outcomes();
    require(
        outcomes.size() == run.policy().stages().size(), run.id() + " was published unfinished");
    for (int stage = 0; stage < outcomes.size(); stage++) {
      JobId job = new JobId(run.id().value(), new StageAttempt(stage, 1));
      require(
          outputs.getOrDefault(stage(job), Set.of()).contains(outcomes.get(stage).output()),
          job + " did not make what was published");
      Job work = queued.get(job);
      require(
          work != null
              && (stage == 0
                  || work.command().input().equals(outcomes.get(stage - 1).output().reference())),
          job + " did not work on what the stage before it made");
    }
  }
}
