package io.espalier.streams.topology;

import io.espalier.schemas.CloudEvent;
import io.espalier.streams.domain.model.Model;
import io.espalier.streams.domain.model.ModelRef;
import io.espalier.streams.domain.pool.ForPool;
import io.espalier.streams.domain.pool.PoolEvent.JobEnded;
import io.espalier.streams.domain.pool.PoolEvent.JobQueued;
import io.espalier.streams.domain.run.Run;
import io.espalier.streams.domain.run.RunEffect.AnswerRegistration;
import io.espalier.streams.domain.run.RunEffect.CloseCommands;
import io.espalier.streams.domain.run.RunEffect.DeadLetter;
import io.espalier.streams.domain.run.RunEffect.EndJob;
import io.espalier.streams.domain.run.RunEffect.Publish;
import io.espalier.streams.domain.run.RunEffect.QueueJob;
import io.espalier.streams.domain.run.RunEffect.Reject;
import io.espalier.streams.domain.run.RunState.Ended;
import io.espalier.streams.domain.run.RunState.Running;
import io.espalier.streams.wire.TimedMessage;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Records sent after a decision on a run. */
final class RunAnnouncements {
  static final String SOURCE = "/espalier/coordinator";

  /** Header of a dead letter that names the run that failed. */
  static final String RUN_ID = "espalier.run-id";

  private RunAnnouncements() {}

  static List<OutboundRecord<Run>> runs(RunTurn turn) {
    return turn.shown().stream()
        .map(
            run ->
                OutboundRecord.event(
                    run.id().value(),
                    run,
                    event(run, change(run), CloudEvent.RUN_CHANGED, run.id()),
                    run.plan().trace()))
        .toList();
  }

  /** A sign of life is no change of its own, so the time tells one from the next. */
  private static String change(Run run) {
    String revision = Long.toString(run.history().revision());
    return run.state() instanceof Running running && running.progress().isPresent()
        ? revision + "/" + running.heardAt().toEpochMilli()
        : revision;
  }

  static List<OutboundRecord<Run>> pruned(RunTurn turn) {
    return effects(turn, Publish.class)
        .map(effect -> ending(effect.run(), "pruned", CloudEvent.MODEL_PRUNED))
        .toList();
  }

  static List<OutboundRecord<Run>> rejected(RunTurn turn) {
    return effects(turn, Reject.class)
        .map(effect -> ending(effect.run(), "rejected", CloudEvent.MODEL_REJECTED))
        .toList();
  }

  static List<OutboundRecord<Model>> deadLetters(RunTurn turn) {
    return effects(turn, DeadLetter.class).map(effect -> deadLetter(effect.run())).toList();
  }

  static List<OutboundRecord<TimedMessage<AnswerRegistration>>> answers(RunTurn turn) {
    return effects(turn, AnswerRegistration.class)
        .map(
            answer -> {
              ModelRef model = answer.plan().model().ref();
              String id = answer.plan().runId() + "/answer/" + turn.at().toEpochMilli();
              return told(
                  model.name(),
                  new TimedMessage<>(answer, turn.at()),
                  id,
                  CloudEvent.REGISTRATION_ANSWERED);
            })
        .toList();
  }

  static List<OutboundRecord<TimedMessage<CloseCommands>>> closed(RunTurn turn) {
    return effects(turn, CloseCommands.class)
        .map(
            close -> {
              String id = close.runId() + "/closed/" + close.sequence();
              return told(
                  close.runId().value(),
                  new TimedMessage<>(close, turn.at()),
                  id,
                  CloudEvent.ATTEMPTS_CLOSED);
            })
        .toList();
  }

  private static <E> OutboundRecord<TimedMessage<E>> told(
      String key, TimedMessage<E> what, String id, String type) {
    CloudEvent event = new CloudEvent(id, SOURCE, type, key, what.at());
    return new OutboundRecord<>(key, what, Optional.of(event), Map.of());
  }

  static List<OutboundRecord<ForPool>> jobs(RunTurn turn) {
    return turn.effects().stream()
        .flatMap(
            effect -> {
              if (effect instanceof QueueJob queue) {
                return Stream.of(new ForPool(queue.job().pool(), new JobQueued(queue.job())));
              } else if (effect instanceof EndJob end) {
                return Stream.of(new ForPool(end.pool(), new JobEnded(end.job())));
              }
              return Stream.empty();
            })
        .map(message -> OutboundRecord.internal(message.pool(), message))
        .toList();
  }

  private static OutboundRecord<Run> ending(Run run, String kind, String type) {
    ModelRef model = run.plan().model().ref();
    return OutboundRecord.event(
        model.name(), run, event(run, again(run, kind), type, model), run.plan().trace());
  }

  /** A run that was opened again ends again, which is another event. */
  private static String again(Run run, String kind) {
    return run.attempts().offset() + run.attempts().uncounted() == 0
        ? kind
        : kind + "/" + run.history().revision();
  }

  /** The cause goes by the names that Kafka Streams gives it on records it could not process. */
  private static OutboundRecord<Model> deadLetter(Run run) {
    ModelRef model = run.plan().model().ref();
    Ended ended = (Ended) run.state();
    return new OutboundRecord<>(
        model.name(),
        run.plan().model(),
        Optional.of(event(run, again(run, "dead-letter"), CloudEvent.MODEL_REGISTERED, model)),
        Map.of(
            CloudEvent.TRACEPARENT,
            run.plan().trace(),
            "__streams.errors.exception",
            "RunFailed",
            "__streams.errors.message",
            ended.message(),
            RUN_ID,
            run.id().value(),
            "espalier.stage",
            Integer.toString(run.attempt().stageIndex()),
            "espalier.attempt",
            Integer.toString(run.attempt().attempt())));
  }

  private static CloudEvent event(Run run, String kind, String type, Object subject) {
    return new CloudEvent(
        run.id() + "/" + kind, SOURCE, type, subject.toString(), run.history().updatedAt());
  }

  private static <E> Stream<E> effects(RunTurn turn, Class<E> kind) {
    return turn.effects().stream().filter(kind::isInstance).map(kind::cast);
  }
}
