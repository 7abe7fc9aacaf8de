package io.espalier.streams.domain.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.streams.domain.pool.DispatchDecision;
import io.espalier.streams.domain.pool.Pool;
import io.espalier.streams.domain.pool.PoolEvent;
import io.espalier.streams.domain.pool.PoolEvent.WorkerAlive;
import io.espalier.streams.domain.pool.PoolWorker;
import io.espalier.streams.domain.run.KeptRun;
import io.espalier.streams.domain.run.Run;
import io.espalier.streams.domain.run.RunDecision;
import io.espalier.streams.domain.run.RunEffect;
import io.espalier.streams.domain.run.RunEvent;
import io.espalier.streams.domain.run.RunEvent.Reported;
import io.espalier.streams.domain.run.RunEvent.Reporter;
import io.espalier.streams.domain.run.RunEvent.TimePassed;
import io.espalier.streams.domain.run.RunMachine;
import io.espalier.streams.domain.run.RunSettings;
import io.espalier.streams.domain.run.RunState.Queued;
import io.espalier.streams.domain.run.RunState.Running;
import io.espalier.streams.domain.stage.FailureKind;
import io.espalier.streams.domain.stage.WorkerReport;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The simulation is worth something only if it finds mistakes: each of these is found. */
final class PlantedMistakesTest {
  private static final int SCHEDULES = 600;

  @Test
  void a_machine_that_gives_up_what_waits_for_ten_minutes_is_found() {
    Machines impatient =
        new Machines() {
          @Override
          RunDecision decide(Optional<KeptRun> kept, RunEvent event, Instant now) {
            RunDecision decision = super.decide(kept, event, now);
            boolean lost =
                event instanceof TimePassed
                    && decision.idle()
                    && going(kept)
                        .map(run -> waited(run, now).compareTo(Duration.ofMinutes(10)) > 0)
                        .orElse(false);
            return lost ? fail(kept, now) : decision;
          }

          private RunDecision fail(Optional<KeptRun> kept, Instant now) {
            Run run = going(kept).orElseThrow();
            String worker = run.state() instanceof Running at ? at.workerId() : "nobody";
            return super.decide(
                kept,
                new Reported(
                    run.attempt(),
                    new Reporter(worker, "token"),
                    new WorkerReport.Failed(FailureKind.RESOURCE, "silent", true)),
                now);
          }

          private Duration waited(Run run, Instant now) {
            if (run.state() instanceof Queued queued) {
              return Duration.between(queued.since(), now);
            }
            return run.state() instanceof Running running
                ? Duration.between(running.heardAt(), now)
                : Duration.ZERO;
          }
        };

    assertThat(broken(impatient)).anyMatch(line -> line.contains("can succeed, or none, ended as"));
  }

  @Test
  void a_machine_that_publishes_twice_is_found() {
    Machines eager =
        new Machines() {
          @Override
          RunDecision decide(Optional<KeptRun> kept, RunEvent event, Instant now) {
            RunDecision decision = super.decide(kept, event, now);
            List<RunEffect> effects = new ArrayList<>(decision.effects());
            decision.effects().stream()
                .filter(RunEffect.Publish.class::isInstance)
                .forEach(effects::add);
            return new RunDecision(decision.run(), decision.change(), effects);
          }
        };

    assertThat(broken(eager)).anyMatch(line -> line.contains("ended twice"));
  }

  @Test
  void a_machine_that_keeps_the_job_of_an_ended_run_is_found() {
    Machines forgetful =
        new Machines() {
          @Override
          RunDecision decide(Optional<KeptRun> kept, RunEvent event, Instant now) {
            RunDecision decision = super.decide(kept, event, now);
            List<RunEffect> effects = new ArrayList<>(decision.effects());
            effects.removeIf(RunEffect.EndJob.class::isInstance);
            return new RunDecision(decision.run(), decision.change(), effects);
          }
        };

    assertThat(broken(forgetful)).isNotEmpty();
  }

  @Test
  void a_machine_that_closes_too_much_is_found() {
    Machines hasty =
        new Machines() {
          @Override
          RunDecision decide(Optional<KeptRun> kept, RunEvent event, Instant now) {
            RunDecision decision = super.decide(kept, event, now);
            List<RunEffect> effects = new ArrayList<>(decision.effects());
            effects.replaceAll(
                effect ->
                    effect instanceof RunEffect.CloseCommands close
                        ? new RunEffect.CloseCommands(
                            close.runId(), close.sequence() + 1, close.except(), close.reason())
                        : effect);
            return new RunDecision(decision.run(), decision.change(), effects);
          }
        };

    assertThat(broken(hasty)).anyMatch(line -> line.contains("can succeed, or none, ended as"));
  }

  @Test
  void a_machine_that_forgets_how_often_commands_were_delivered_is_found() {
    Machines forgiving =
        new Machines() {
          @Override
          RunDecision decide(Optional<KeptRun> kept, RunEvent event, Instant now) {
            return super.decide(kept, isStart(event) ? asFirst((Reported) event) : event, now);
          }

          private boolean isStart(RunEvent event) {
            return event instanceof Reported reported
                && reported.report() instanceof WorkerReport.Started;
          }

          private Reported asFirst(Reported started) {
            return new Reported(
                started.attempt(), started.from(), new WorkerReport.Started(1, "cpu"));
          }
        };

    assertThat(broken(forgiving)).contains("a stage killed worker after worker");
  }

  @Test
  void a_machine_that_takes_all_time_for_work_is_found() {
    RunMachine credulous =
        new RunMachine(
            new RunSettings(
                "file:///artifacts", Map.of(), Duration.ofDays(365), RunSettings.MOST_REDELIVERIES),
            () -> "token");
    Machines machines =
        new Machines() {
          @Override
          RunDecision decide(Optional<KeptRun> kept, RunEvent event, Instant now) {
            return credulous.decide(kept, event, now);
          }
        };

    assertThat(broken(machines)).anyMatch(line -> line.contains("can succeed, or none, ended as"));
  }

  @Test
  void a_dispatcher_that_ignores_slots_is_found() {
    Machines generous =
        new Machines() {
          @Override
          DispatchDecision turn(Pool pool, PoolEvent event, Instant now) {
            return super.turn(
                pool, event instanceof WorkerAlive alive ? with100Slots(alive) : event, now);
          }

          private WorkerAlive with100Slots(WorkerAlive alive) {
            PoolWorker worker = alive.worker();
            return new WorkerAlive(
                new PoolWorker(
                    worker.id(), new PoolWorker.Capacity(100, 0), Map.of(), worker.seenAt()));
          }
        };

    assertThat(broken(generous)).isNotEmpty();
  }

  @Test
  void a_coordinator_that_judges_heartbeats_by_the_clocks_of_workers_is_found() {
    Machines credulous =
        new Machines() {
          @Override
          Instant written(Instant byWorker, Instant byCoordinator) {
            return byWorker;
          }
        };

    assertThat(broken(credulous)).anyMatch(line -> line.contains("can succeed, or none, ended as"));
  }

  @Test
  void a_coordinator_that_sends_before_it_commits_is_found() {
    Machines hasty =
        new Machines() {
          @Override
          boolean sendsOnlyWhatIsCommitted() {
            return false;
          }
        };

    assertThat(broken(hasty)).anyMatch(line -> line.contains("twice"));
  }

  private static Optional<Run> going(Optional<KeptRun> kept) {
    return kept.flatMap(KeptRun::going);
  }

  private static Set<String> broken(Machines machines) {
    Set<String> broken = new TreeSet<>();
    for (long seed = 0; seed < SCHEDULES && broken.isEmpty(); seed++) {
      broken.addAll(new Simulation(machines, seed, 6, 2, 4).run());
    }
    return broken;
  }
}
