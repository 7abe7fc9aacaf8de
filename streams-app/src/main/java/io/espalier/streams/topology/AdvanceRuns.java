package io.espalier.streams.topology;

import io.espalier.streams.domain.RefusedException;
import io.espalier.streams.domain.run.Decision;
import io.espalier.streams.domain.run.ForRun;
import io.espalier.streams.domain.run.KeptRun;
import io.espalier.streams.domain.run.Run;
import io.espalier.streams.domain.run.RunEvent;
import io.espalier.streams.domain.run.RunEvent.TimePassed;
import io.espalier.streams.domain.run.RunMachine;
import io.espalier.streams.wire.Wire;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/** Folds each run's events into its state, and forwards what was decided. */
final class AdvanceRuns implements ProcessorSupplier<String, ForRun, String, Decision> {
  static final String RUNS = "runs";

  /** So that many overdue timers cannot hold a transaction open for long. */
  private static final int TIMERS_AT_ONCE = 500;

  private final Wire wire;
  private final RunMachine machine;
  private final Duration timerInterval;

  AdvanceRuns(Wire wire, RunMachine machine, Duration timerInterval) {
    this.wire = wire;
    this.machine = machine;
    this.timerInterval = timerInterval;
  }

  @Override
  public Set<StoreBuilder<?>> stores() {
    // In an order of its own, or the topology's description would differ from start to start.
    return new LinkedHashSet<>(
        List.of(
            Timers.store(),
            Stores.keyValueStoreBuilder(
                Stores.persistentKeyValueStore(RUNS), Serdes.String(), wire.run())));
  }

  @Override
  public Processor<String, ForRun, String, Decision> get() {
    return new Advancing();
  }

  /** Kafka calls init before anything else, and again if the task is revived. */
  @SuppressWarnings("NullAway.Init")
  private final class Advancing implements Processor<String, ForRun, String, Decision> {
    private ProcessorContext<String, Decision> context;
    private KeyValueStore<String, KeptRun> runs;
    private Timers timers;
    private Instant listeningSince;

    @Override
    public void init(ProcessorContext<String, Decision> context) {
      this.context = context;
      runs = context.getStateStore(RUNS);
      timers = new Timers(context.getStateStore(Timers.TIMERS));
      listeningSince = now();
      context.schedule(timerInterval, PunctuationType.WALL_CLOCK_TIME, time -> lookAtTimers());
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
      Optional<KeptRun> kept = Optional.ofNullable(runs.get(runId));
      Optional<Run> before = kept.flatMap(KeptRun::going);
      if (kept.isPresent() && before.isEmpty()) {
        return; // it has ended: whatever comes is late or comes again
      }
      before
          .map(run -> machine.advance(run, event, now()))
          .or(() -> machine.begin(event, now()))
          .filter(Decision::changed)
          .ifPresent(decision -> carryOut(before, decision));
    }

    private void lookAtTimers() {
      for (String runId : timers.takeDue(now(), TIMERS_AT_ONCE)) {
        Optional.ofNullable(runs.get(runId)).flatMap(KeptRun::going).ifPresent(this::lookAt);
      }
    }

    private void lookAt(Run run) {
      Decision decision = machine.advance(run, new TimePassed(listeningSince), now());
      if (decision.changed()) {
        carryOut(Optional.of(run), decision);
      } else {
        machine.wakeAt(run, listeningSince).ifPresent(at -> timers.set(at, run.id().value()));
      }
    }

    private void carryOut(Optional<Run> before, Decision decision) {
      String runId = decision.run().id().value();
      Optional<Instant> wasDue = before.flatMap(this::due);
      Optional<Instant> isDue = due(decision.run());
      if (!wasDue.equals(isDue)) {
        wasDue.ifPresent(at -> timers.clear(at, runId));
        isDue.ifPresent(at -> timers.set(at, runId));
      }
      runs.put(runId, KeptRun.of(decision.run()));
      context.forward(new Record<>(runId, decision, now().toEpochMilli()));
    }

    private Optional<Instant> due(Run run) {
      return machine.wakeAt(run, Instant.EPOCH);
    }

    private Instant now() {
      return Instant.ofEpochMilli(context.currentSystemTimeMs());
    }
  }
}
