package io.espalier.streams.topology;

import io.espalier.schemas.CloudEvent;
import io.espalier.streams.domain.model.Model;
import io.espalier.streams.domain.model.ModelRef;
import io.espalier.streams.domain.pool.ForPool;
import io.espalier.streams.domain.pool.PoolEvent.JobEnded;
import io.espalier.streams.domain.pool.PoolEvent.JobQueued;
import io.espalier.streams.domain.run.Decision;
import io.espalier.streams.domain.run.Effect.DeadLetter;
import io.espalier.streams.domain.run.Effect.EndJob;
import io.espalier.streams.domain.run.Effect.Publish;
import io.espalier.streams.domain.run.Effect.QueueJob;
import io.espalier.streams.domain.run.Effect.Reject;
import io.espalier.streams.domain.run.Run;
import io.espalier.streams.domain.run.RunState.Ended;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** What goes out when a run has been decided on. */
final class RunAnnouncements {
  static final String SOURCE = "/espalier/coordinator";

  private RunAnnouncements() {}

  static List<Announcement<Run>> runs(Decision decision) {
    return decision.changes().stream()
        .map(
            run ->
                Announcement.event(
                    run.id().value(),
                    run,
                    event(run, Long.toString(run.revision()), CloudEvent.RUN_CHANGED, run.id()),
                    run.plan().trace()))
        .toList();
  }

  static List<Announcement<Run>> pruned(Decision decision) {
    return effects(decision, Publish.class)
        .map(effect -> ending(effect.run(), "pruned", CloudEvent.MODEL_PRUNED))
        .toList();
  }

  static List<Announcement<Run>> rejected(Decision decision) {
    return effects(decision, Reject.class)
        .map(effect -> ending(effect.run(), "rejected", CloudEvent.MODEL_REJECTED))
        .toList();
  }

  static List<Announcement<Model>> deadLetters(Decision decision) {
    return effects(decision, DeadLetter.class).map(effect -> deadLetter(effect.run())).toList();
  }

  static List<Announcement<ForPool>> jobs(Decision decision) {
    return decision.effects().stream()
        .flatMap(
            effect -> {
              if (effect instanceof QueueJob queue) {
                return Stream.of(new ForPool(queue.job().pool(), new JobQueued(queue.job())));
              } else if (effect instanceof EndJob end) {
                return Stream.of(new ForPool(end.pool(), new JobEnded(end.job())));
              }
              return Stream.empty();
            })
        .map(message -> Announcement.internal(message.pool(), message))
        .toList();
  }

  private static Announcement<Run> ending(Run run, String kind, String type) {
    ModelRef model = run.plan().model().ref();
    return Announcement.event(model.name(), run, event(run, kind, type, model), run.plan().trace());
  }

  /** The cause goes by the names that Kafka Streams gives it on records it could not process. */
  private static Announcement<Model> deadLetter(Run run) {
    ModelRef model = run.plan().model().ref();
    Ended ended = (Ended) run.state();
    return new Announcement<>(
        model.name(),
        run.plan().model(),
        Optional.of(event(run, "dead-letter", CloudEvent.MODEL_REGISTERED, model)),
        Map.of(
            CloudEvent.TRACEPARENT,
            run.plan().trace(),
            "__streams.errors.exception",
            "RunFailed",
            "__streams.errors.message",
            ended.message(),
            "espalier.run-id",
            run.id().value(),
            "espalier.stage",
            Integer.toString(run.attempt().stageIndex()),
            "espalier.attempt",
            Integer.toString(run.attempt().attempt())));
  }

  private static CloudEvent event(Run run, String kind, String type, Object subject) {
    return new CloudEvent(run.id() + "/" + kind, SOURCE, type, subject.toString(), run.updatedAt());
  }

  private static <E> Stream<E> effects(Decision decision, Class<E> kind) {
    return decision.effects().stream().filter(kind::isInstance).map(kind::cast);
  }
}
