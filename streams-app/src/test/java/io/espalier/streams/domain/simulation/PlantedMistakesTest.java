package io.espalier.streams.domain.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.streams.domain.pool.Pool;
import io.espalier.streams.domain.pool.PoolEvent;
import io.espalier.streams.domain.pool.PoolEvent.WorkerAlive;
import io.espalier.streams.domain.pool.Turn;
import io.espalier.streams.domain.run.Decision;
import io.espalier.streams.domain.run.Effect;
import io.espalier.streams.domain.run.Run;
import io.espalier.streams.domain.run.RunEvent;
import io.espalier.streams.domain.run.RunEvent.Reported;
import io.espalier.streams.domain.run.RunEvent.TimePassed;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The simulation is worth something only if it finds mistakes: each of these is found. */
final class PlantedMistakesTest {
  private static final int SCHEDULES = 50;

  @Test
  void a_machine_that_believes_reports_on_other_attempts_is_found() {
    Machines gullible =
        new Machines() {
          @Override
          Decision advance(Run run, RunEvent event, Instant now) {
            return super.advance(run, retold(run, event), now);
          }

          private RunEvent retold(Run run, RunEvent event) {
            return event instanceof Reported late
                ? new Reported(run.attempt(), late.workerId(), late.report())
                : event;
          }
        };

    assertThat(broken(gullible)).anyMatch(line -> line.contains("did not make what was published"));
  }

  @Test
  void a_machine_that_publishes_twice_is_found() {
    Machines eager =
        new Machines() {
          @Override
          Decision advance(Run run, RunEvent event, Instant now) {
            Decision decision = super.advance(run, event, now);
            List<Effect> effects = new ArrayList<>(decision.effects());
            decision.effects().stream()
                .filter(Effect.Publish.class::isInstance)
                .forEach(effects::add);
            return new Decision(decision.run(), decision.changes(), effects);
          }
        };

    assertThat(broken(eager)).anyMatch(line -> line.contains("ended twice"));
  }

  @Test
  void a_machine_that_waits_for_a_lost_worker_for_ever_is_found() {
    Machines patient =
        new Machines() {
          @Override
          Decision advance(Run run, RunEvent event, Instant now) {
            return event instanceof TimePassed
                ? new Decision(run, List.of(), List.of())
                : super.advance(run, event, now);
          }
        };

    assertThat(broken(patient)).anyMatch(line -> line.contains("has not ended"));
  }

  @Test
  void a_machine_that_keeps_the_slot_of_an_ended_job_is_found() {
    Machines forgetful =
        new Machines() {
          @Override
          Decision advance(Run run, RunEvent event, Instant now) {
            Decision decision = super.advance(run, event, now);
            List<Effect> effects = new ArrayList<>(decision.effects());
            effects.removeIf(Effect.EndJob.class::isInstance);
            return new Decision(decision.run(), decision.changes(), effects);
          }
        };

    assertThat(broken(forgetful)).contains("the pool still has jobs");
  }

  @Test
  void a_dispatcher_that_ignores_slots_is_found() {
    Machines generous =
        new Machines() {
          @Override
          Turn turn(Pool pool, PoolEvent event, Instant now) {
            return super.turn(
                pool,
                event instanceof WorkerAlive alive ? new WorkerAlive(alive.workerId(), 100) : event,
                now);
          }
        };

    assertThat(broken(generous)).anyMatch(line -> line.contains("have no slots"));
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

    assertThat(broken(hasty))
        .anyMatch(line -> line.contains("ended twice"))
        .anyMatch(line -> line.contains("queued twice"));
  }

  private static Set<String> broken(Machines machines) {
    Set<String> broken = new TreeSet<>();
    for (long seed = 0; seed < SCHEDULES; seed++) {
      broken.addAll(new Simulation(machines, seed, 6).run());
    }
    return broken;
  }
}
