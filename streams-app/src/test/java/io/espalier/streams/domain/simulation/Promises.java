package io.espalier.streams.domain.simulation;

import io.espalier.streams.domain.job.Job;
import io.espalier.streams.domain.job.JobId;
import io.espalier.streams.domain.model.Artifact;
import io.espalier.streams.domain.pool.Turn;
import io.espalier.streams.domain.run.Decision;
import io.espalier.streams.domain.run.Effect;
import io.espalier.streams.domain.run.Effect.DeadLetter;
import io.espalier.streams.domain.run.Effect.Publish;
import io.espalier.streams.domain.run.Effect.QueueJob;
import io.espalier.streams.domain.run.Effect.Reject;
import io.espalier.streams.domain.run.Run;
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
  static final double LEAST_ACCURACY = 0.5;

  private final Set<String> broken = new LinkedHashSet<>();
  private final Map<String, List<String>> endings = new HashMap<>();
  private final Map<String, Integer> deadLetters = new HashMap<>();
  private final Map<JobId, Job> queued = new HashMap<>();
  private final Set<JobId> released = new HashSet<>();
  private final Map<JobId, Set<Artifact>> outputs = new HashMap<>();
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

  /** A worker has published an output for a job and says so. */
  void reported(JobId job, Artifact output) {
    outputs.computeIfAbsent(job, id -> new HashSet<>()).add(output);
  }

  void see(Decision decision) {
    transcript.add(decision);
    for (Effect effect : decision.effects()) {
      if (effect instanceof QueueJob queue) {
        seeQueued(decision.run(), queue.job());
      } else if (effect instanceof Publish publish) {
        seeEnding(publish.run(), "published");
        seePublished(publish.run());
      } else if (effect instanceof Reject reject) {
        seeEnding(reject.run(), "rejected");
      } else if (effect instanceof DeadLetter letter) {
        String id = letter.run().id().value();
        require(deadLetters.merge(id, 1, Integer::sum) == 1, id + " left two dead letters");
      }
    }
  }

  void see(Turn turn) {
    for (Job job : turn.released()) {
      transcript.add(job);
      require(job.equals(queued.get(job.id())), job.id() + " was released as it was never queued");
      require(released.add(job.id()), job.id() + " was released twice");
    }
  }

  void atTheEnd(Set<String> expected, Map<String, Run> runs) {
    require(runs.keySet().equals(expected), "other runs than models and policies ask for");
    for (String run : expected) {
      int found = endings.getOrDefault(run, List.of()).size();
      require(found == 1, run + " has other than one ending");
    }
    runs.values().forEach(run -> require(run.ended(), run.id() + " has not ended"));
  }

  private void seeQueued(Run run, Job job) {
    require(queued.put(job.id(), job) == null, job.id() + " was queued twice");
    int most = run.policy().effort().maxAttempts();
    require(job.id().attempt().attempt() <= most, job.id() + " is one attempt too many");
    // Another attempt is the same work again: same input, data, seed and place of output.
    for (int attempt = 1; attempt < job.id().attempt().attempt(); attempt++) {
      StageAttempt earlier = new StageAttempt(job.id().attempt().stageIndex(), attempt);
      Job before = queued.get(new JobId(job.id().runId(), earlier));
      require(
          before != null && before.command().equals(job.command()),
          job.id() + " is other work than the attempt before");
    }
  }

  private void seeEnding(Run run, String how) {
    String id = run.id().value();
    endings.computeIfAbsent(id, key -> new ArrayList<>()).add(how);
    require(endings.getOrDefault(id, List.of()).size() == 1, id + " ended twice");
  }

  /** Each stage's output is one that was reported for just this attempt; the gate is met. */
  private void seePublished(Run run) {
    List<StageOutcome> outcomes = run.outcomes();
    require(
        outcomes.size() == run.policy().stages().size(), run.id() + " was published unfinished");
    for (int stage = 0; stage < outcomes.size(); stage++) {
      StageOutcome outcome = outcomes.get(stage);
      JobId job = new JobId(run.id().value(), new StageAttempt(stage, outcome.attempts()));
      require(
          outputs.getOrDefault(job, Set.of()).contains(outcome.output()),
          job + " did not make what was published");
      Job work = queued.get(job);
      require(
          work != null
              && (stage == 0
                  || work.command().input().equals(outcomes.get(stage - 1).output().reference())),
          job + " did not work on what the stage before it made");
    }
    double accuracy = outcomes.get(outcomes.size() - 1).report().metrics().get(0).after().orElse(0);
    require(
        run.policy().gates().isEmpty() || accuracy >= LEAST_ACCURACY,
        run.id() + " was published although it misses its gate");
  }
}
