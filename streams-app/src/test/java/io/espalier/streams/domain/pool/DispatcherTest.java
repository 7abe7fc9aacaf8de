package io.espalier.streams.domain.pool;

import static io.espalier.streams.domain.Samples.START;
import static io.espalier.streams.domain.Samples.job;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.streams.domain.job.Job;
import io.espalier.streams.domain.job.JobId;
import io.espalier.streams.domain.pool.PoolEvent.JobEnded;
import io.espalier.streams.domain.pool.PoolEvent.JobQueued;
import io.espalier.streams.domain.pool.PoolEvent.WorkerAlive;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Cases of dispatch. */
final class DispatcherTest {
  private final List<Job> released = new ArrayList<>();
  private Pool pool = Pool.empty();
  private Instant now = START;

  @Test
  void a_job_waits_until_a_worker_has_a_slot() {
    Job job = job(1, "a", 0, now);
    queue(job);
    assertThat(released).isEmpty();

    alive("w1", 1);

    assertThat(released).containsExactly(job);
  }

  @Test
  void no_more_jobs_are_with_workers_than_they_have_slots() {
    alive("w1", 2);
    alive("w2", 1);

    for (int i = 0; i < 5; i++) {
      queue(job(i, "a", 0, now));
    }

    assertThat(released).hasSize(3);
    assertThat(pool.waiting()).hasSize(2);
  }

  @Test
  void an_ended_job_gives_its_slot_to_the_next() {
    Job first = job(1, "a", 0, now);
    Job second = job(2, "a", 0, now);
    alive("w1", 1);
    queue(first);
    queue(second);

    end(first);

    assertThat(released).containsExactly(first, second);
  }

  @Test
  void a_job_queued_twice_is_released_once() {
    Job job = job(1, "a", 0, now);
    alive("w1", 3);

    queue(job);
    queue(job);

    assertThat(released).containsExactly(job);
  }

  @Test
  void a_job_that_ends_while_it_waits_is_never_released() {
    Job job = job(1, "a", 0, now);
    queue(job);

    end(job);
    alive("w1", 1);

    assertThat(released).isEmpty();
    assertThat(pool.waiting()).isEmpty();
  }

  @Test
  void the_end_of_an_unknown_job_changes_nothing() {
    alive("w1", 1);
    Pool before = pool;

    end(job(1, "a", 0, now));

    assertThat(pool).isSameAs(before);
  }

  @Test
  void a_higher_priority_goes_first_whatever_its_age_and_tenant() {
    Job old = job(1, "a", 0, now);
    Job urgent = job(2, "a", 5, now.plusSeconds(60));
    Job older = job(3, "b", 4, now.minusSeconds(60));
    queue(old);
    queue(urgent);
    queue(older);

    alive("w1", 3);

    assertThat(released).containsExactly(urgent, older, old);
  }

  @Test
  void within_a_tenant_and_a_priority_the_oldest_goes_first() {
    Job young = job(1, "a", 0, now.plusSeconds(1));
    Job old = job(2, "a", 0, now);
    queue(young);
    queue(old);

    alive("w1", 2);

    assertThat(released).containsExactly(old, young);
  }

  @Test
  void a_tenant_with_a_long_line_does_not_hold_up_another_one() {
    for (int i = 0; i < 10; i++) {
      queue(job(i, "many", 0, now));
    }
    Job only = job(10, "few", 0, now.plusSeconds(60));
    queue(only);

    alive("w1", 2);

    assertThat(released).hasSize(2).contains(only);
  }

  @Test
  void a_tenant_that_was_away_does_not_make_up_for_its_absence() {
    alive("w1", 1);
    for (int i = 0; i < 20; i++) {
      queue(job(i, "always", 0, now));
    }
    endReleased(8);
    for (int i = 20; i < 30; i++) {
      queue(job(i, "later", 0, now.plusSeconds(1)));
    }
    released.clear();

    endReleased(6);

    assertThat(released).filteredOn(job -> job.tenant().equals("later")).hasSize(3);
  }

  @Test
  void a_worker_that_was_silent_for_thirty_seconds_has_no_slots() {
    alive("w1", 1);
    now = START.plusSeconds(30);

    queue(job(1, "a", 0, now));

    assertThat(released).isEmpty();
    assertThat(pool.workers()).isEmpty();
  }

  @Test
  void a_worker_that_says_it_has_no_slots_gets_nothing_more() {
    alive("w1", 2);
    alive("w1", 0);

    queue(job(1, "a", 0, now));

    assertThat(released).isEmpty();
  }

  @Test
  void what_a_worker_holds_takes_its_slots_whoever_released_it() {
    Job foreign = job(9, "a", 0, now);
    alive("w1", 2, List.of(foreign));
    queue(job(1, "a", 0, now));
    queue(job(2, "a", 0, now));

    assertThat(released).hasSize(1);
  }

  @Test
  void a_worker_that_is_back_in_its_work_directory_is_no_second_worker() {
    Job first = job(1, "a", 0, now);
    Job second = job(2, "a", 0, now);
    alive("w1", 1);
    queue(first);
    queue(second);
    alive("w1", 1, List.of(first));

    now = START.plusSeconds(8);
    alive("w1", 1);

    assertThat(released).containsExactly(first);
  }

  @Test
  void a_job_that_no_live_worker_holds_is_on_its_way_and_takes_the_slot_that_it_will_come_to() {
    Job lost = job(1, "a", 0, now);
    Job next = job(2, "a", 0, now);
    alive("w1", 1);
    queue(lost);
    queue(next);
    alive("w1", 1, List.of(lost));
    now = START.plusSeconds(31);

    alive("w2", 1);
    assertThat(released).as("w2 gets what w1 had").containsExactly(lost);
    alive("w3", 1);

    assertThat(released).containsExactly(lost, next);
  }

  @Test
  void a_worker_that_is_about_to_be_free_gets_one_command_more() {
    Job first = job(1, "a", 0, now);
    Job second = job(2, "a", 0, now);
    alive("w1", 1);
    queue(first);
    queue(second);
    queue(job(3, "a", 0, now));

    turn(new WorkerAlive(worker("w1", 1, 1, List.of(first))));

    assertThat(released).containsExactly(first, second);
  }

  @Test
  void a_command_that_nobody_holds_while_a_worker_is_idle_is_sent_again_after_the_longest_lock() {
    Job lost = job(1, "a", 0, now);
    alive("w1", 1);
    queue(lost);
    for (int seconds = 5; seconds <= 150; seconds += 5) {
      now = START.plusSeconds(seconds);
      alive("w1", 1);
    }
    assertThat(released).containsExactly(lost);

    now = START.plusSeconds(155);
    alive("w1", 1);

    assertThat(released).containsExactly(lost, lost);
    assertThat(pool.inFlightCount()).isEqualTo(1);
  }

  @Test
  void a_command_that_waits_for_busy_workers_is_never_sent_again() {
    Job busy = job(1, "a", 0, now);
    Job waits = job(2, "a", 0, now);
    alive("w1", 2);
    queue(busy);
    queue(waits);
    alive("w1", 1, List.of(busy));

    for (int minutes = 0; minutes < 600; minutes++) {
      now = START.plusSeconds(60L * minutes);
      alive("w1", 1, List.of(busy));
    }

    assertThat(released).containsExactly(busy, waits);
  }

  @Test
  void of_tenants_that_neither_wait_nor_work_nothing_is_kept() {
    alive("w1", 1);
    for (int i = 0; i < 10_000; i++) {
      Job job = job(i, "tenant-" + i, 0, now);
      queue(job);
      end(job);
    }

    assertThat(released).hasSize(10_000);
    assertThat(pool.tenants()).isZero();
  }

  private void queue(Job job) {
    turn(new JobQueued(job));
  }

  private void end(Job job) {
    turn(new JobEnded(job.id()));
  }

  private void alive(String worker, int slots) {
    alive(worker, slots, List.of());
  }

  private void alive(String worker, int slots, List<Job> holds) {
    turn(new WorkerAlive(worker(worker, slots, 0, holds)));
  }

  private PoolWorker worker(String id, int slots, int spare, List<Job> holds) {
    Map<JobId, Boolean> held = new HashMap<>();
    holds.forEach(job -> held.put(job.id(), true));
    return new PoolWorker(id, new PoolWorker.Capacity(slots, spare), held, now);
  }

  /** Ends the job at work, so many times; each time the next one is released. */
  private void endReleased(int times) {
    for (int i = 0; i < times; i++) {
      turn(new JobEnded(pool.inFlight().get(0).id()));
    }
  }

  private void turn(PoolEvent event) {
    DispatchDecision turn = Dispatcher.advance(pool, event, now);
    pool = turn.pool();
    turn.released().forEach(job -> released.add(job.job().orElseThrow()));
  }
}
