package io.espalier.standalone.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.Run;
import io.espalier.event.RunState;
import io.espalier.schemas.RegistryUnavailableException;
import io.espalier.standalone.client.topic.TopicReader;
import io.espalier.standalone.report.Narration;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RunWaitTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  private final ByteArrayOutputStream told = new ByteArrayOutputStream();
  private final Narration narration = Narration.plain(new PrintStream(told, true, UTF_8));

  /** States of runs, a batch for each poll; the first batches are there from the beginning. */
  private static final class Script implements RunWait.Source {
    private final Deque<List<Run>> batches = new ArrayDeque<>();
    private int untilCaughtUp;
    private boolean registryIsAway;

    Script(int untilCaughtUp) {
      this.untilCaughtUp = untilCaughtUp;
    }

    Script then(Run... batch) {
      batches.add(Arrays.asList(batch));
      return this;
    }

    @Override
    public List<TopicReader.Entry<Run>> poll() {
      if (registryIsAway) {
        registryIsAway = false;
        throw new RegistryUnavailableException("the registry is away", new IllegalStateException());
      }
      untilCaughtUp--;
      return batches.isEmpty()
          ? List.of()
          : batches.remove().stream()
              .map(run -> new TopicReader.Entry<>(run.getRunId(), Optional.of(run)))
              .toList();
    }

    @Override
    public boolean caughtUp() {
      return untilCaughtUp <= 0;
    }
  }

  @Test
  void all_runs_are_followed_to_their_ends_and_others_are_not_told() {
    Script script =
        new Script(1)
            .then(run("foreign", RunState.RUNNING))
            .then(run("a", RunState.QUEUED), run("foreign", RunState.FAILED))
            .then(run("a", RunState.PUBLISHED), run("b", RunState.RUNNING))
            .then(run("b", RunState.REJECTED));

    Map<String, Run> ends = wait(script, Set.of("a", "b"), Set.of()).await(LONG);

    assertThat(ends).containsOnlyKeys("a", "b");
    assertThat(ends.get("a").getState()).isEqualTo(RunState.PUBLISHED);
    assertThat(ends.get("b").getState()).isEqualTo(RunState.REJECTED);
    assertThat(told.toString(UTF_8))
        .contains("run a: published", "run b: running", "run b: rejected")
        .doesNotContain("foreign");
  }

  @Test
  void the_end_that_a_run_had_before_counts_unless_it_begins_anew() {
    Script stays = new Script(1).then(run("a", RunState.FAILED));
    Script anew =
        new Script(1)
            .then(run("a", RunState.FAILED))
            .then(run("a", RunState.QUEUED))
            .then(run("a", RunState.PUBLISHED));

    assertThat(wait(stays, Set.of("a"), Set.of()).await(LONG).get("a").getState())
        .isEqualTo(RunState.FAILED);
    assertThat(wait(anew, Set.of("a"), Set.of("a")).await(LONG).get("a").getState())
        .isEqualTo(RunState.PUBLISHED);
  }

  @Test
  void when_the_time_is_over_the_last_state_is_what_is_known() {
    Script script = new Script(1).then(run("a", RunState.RUNNING));

    Map<String, Run> known =
        wait(script, Set.of("a", "never"), Set.of()).await(Duration.ofMillis(5));

    assertThat(known).containsOnlyKeys("a");
  }

  @Test
  void a_registry_that_is_away_is_waited_for() {
    Script script = new Script(1).then().then(run("a", RunState.PUBLISHED));
    RunWait wait = wait(script, Set.of("a"), Set.of());
    script.registryIsAway = true;

    assertThat(wait.await(LONG)).containsOnlyKeys("a");
    assertThat(told.toString(UTF_8)).contains("waiting: the registry is away");
  }

  private RunWait wait(Script script, Set<String> ids, Set<String> beginAnew) {
    return new RunWait(script, ids, beginAnew, narration);
  }

  private static Run run(String id, RunState state) {
    Run run = SampleRun.in(state);
    run.setRunId(id);
    return run;
  }
}
