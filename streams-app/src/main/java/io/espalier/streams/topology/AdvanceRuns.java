package io.espalier.streams.topology;

import io.espalier.streams.domain.RefusedException;
import io.espalier.streams.domain.run.ForRun;
import io.espalier.streams.domain.run.KeptRun;
import io.espalier.streams.domain.run.Run;
import io.espalier.streams.domain.run.RunDecision;
import io.espalier.streams.domain.run.RunDecision.Change;
import io.espalier.streams.domain.run.RunEvent;
import io.espalier.streams.domain.run.RunEvent.CancelRequested;
import io.espalier.streams.domain.run.RunEvent.RetryRequested;
import io.espalier.streams.domain.run.RunEvent.TimePassed;
import io.espalier.streams.domain.run.RunMachine;
import io.espalier.streams.wire.CoordinatorTopics;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Folds each run's events into its state, and forwards what was decided. */
final class AdvanceRuns implements ProcessorSupplier<String, ForRun, String, RunTurn> {
  static final String RUNS = "runs";

  private static final Logger LOGGER = LoggerFactory.getLogger(AdvanceRuns.class);

  /** So that many overdue timers cannot hold a transaction open for long. */
  private static final int TIMERS_AT_ONCE = 500;

  private static final Duration AFTER_FAILURE = Duration.ofMinutes(1);
  private static final Duration COUNT = Duration.ofMinutes(1);

  private final CoordinatorTopics wire;
  private final RunMachine machine;
  private final TopologySettings settings;

  AdvanceRuns(CoordinatorTopics wire, RunMachine machine, TopologySettings settings) {
    this.wire = wire;
    this.machine = machine;
    this.settings = settings;
  }

  @Override
  public Set<StoreBuilder<?>> stores() {
    return Set.of(
        Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore(RUNS), Serdes.String(), wire.run()));
  }

  @Override
  public Processor<String, ForRun, String, RunTurn> get() {
    return new Advancing();
  }

  /** Kafka calls init before anything else, and again if the task is revived. */
  @SuppressWarnings("NullAway.Init")
  private final class Advancing implements Processor<String, ForRun, String, RunTurn> {
    private ProcessorContext<String, RunTurn> context;
    private KeyValueStore<String, KeptRun> runs;
    private RunTimers timers;
    private SignsOfLife signs;
    private UnheardRuns unheard;

    @Override
    public void init(ProcessorContext<String, RunTurn> context) {
      this.context = context;
      runs = context.getStateStore(RUNS);
      timers = new RunTimers();
      signs = new SignsOfLife();
      unheard = new UnheardRuns(context.metrics(), context.taskId());
      try (KeyValueIterator<String, KeptRun> all = runs.all()) {
        all.forEachRemaining(kept -> kept.value.going().ifPresent(this::comesIn));
      }
      context.schedule(
          settings.timerInterval(), PunctuationType.WALL_CLOCK_TIME, time -> lookAtTimers());
      context.schedule(
          COUNT, PunctuationType.WALL_CLOCK_TIME, time -> unheard.count(now(), heardUntil()));
    }

    private void comesIn(Run run) {
      unheard.note(run);
      setTimer(run);
    }

    @Override
    public void close() {
      unheard.close();
    }

    @Override
    public void process(Record<String, ForRun> message) {
      String runId = message.value().runId();
      if (!runId.equals(message.key())) {
        throw new RefusedException(
            "message for run '%s'".formatted(runId),
            List.of("its key must be the run id, found '%s'".formatted(message.key())));
      }
      RunEvent event = message.value().event();
      Optional<KeptRun> kept = kept(runId);
      if (kept.isEmpty() && (event instanceof CancelRequested || event instanceof RetryRequested)) {
        throw new RefusedException(
            "request for run '%s'".formatted(runId), List.of("there is no such run"));
      }
      carryOut(machine.decide(kept, event, now()));
    }

    /** Returns what is known of a run: what was last heard of it counts before what is stored. */
    private Optional<KeptRun> kept(String runId) {
      return signs
          .latest(runId)
          .<KeptRun>map(KeptRun.Going::new)
          .or(() -> Optional.ofNullable(runs.get(runId)));
    }

    private void lookAtTimers() {
      Instant heardUntil = heardUntil();
      timers.due(now(), TIMERS_AT_ONCE).forEach(runId -> lookAt(runId, heardUntil));
    }

    private Instant heardUntil() {
      return settings.outside().inputs().heardUntil(context.taskId().partition());
    }

    /** A run that fails here must not take the others' time with it. */
    @SuppressWarnings("IllegalCatch")
    private void lookAt(String runId, Instant heardUntil) {
      try {
        RunDecision decision = machine.decide(kept(runId), new TimePassed(heardUntil), now());
        timers.set(runId, now().plus(settings.timerInterval())); // unless it is set anew
        carryOut(decision);
      } catch (KafkaException e) {
        throw e; // not the run's fault
      } catch (RuntimeException e) {
        LOGGER.error("the time of a run could not be looked at; runId={}", runId, e);
        timers.set(runId, now().plus(AFTER_FAILURE));
      }
    }

    private void carryOut(RunDecision decision) {
      if (decision.idle()) {
        return;
      }
      decision.run().ifPresent(run -> keep(run, decision.change()));
      boolean shown =
          decision.change() == Change.KEPT
              || (decision.change() == Change.HEARD
                  && signs.shows(decision.run().orElseThrow(), now()));
      if (shown || !decision.effects().isEmpty()) {
        RunTurn turn =
            new RunTurn(shown ? decision.run() : Optional.empty(), decision.effects(), now());
        context.forward(new Record<>("", turn, now().toEpochMilli()));
      }
    }

    private void keep(Run run, Change change) {
      if (change == Change.NONE) {
        return;
      }
      unheard.note(run);
      boolean stored = change == Change.KEPT || signs.hears(run, now());
      if (stored) {
        runs.put(run.id().value(), KeptRun.of(run));
      }
      if (change == Change.KEPT) {
        signs.forget(run);
        setTimer(run);
      }
    }

    private void setTimer(Run run) {
      machine
          .wakeAt(run)
          .ifPresentOrElse(
              at -> timers.set(run.id().value(), at), () -> timers.clear(run.id().value()));
    }

    private Instant now() {
      return Instant.ofEpochMilli(context.currentSystemTimeMs());
    }
  }
}
