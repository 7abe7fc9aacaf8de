package io.espalier.standalone.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.event.PruningPolicy;
import io.espalier.standalone.client.PolicyWriter.Change;
import io.espalier.standalone.client.Publishing.Applied;
import io.espalier.standalone.client.Publishing.PolicyChange;
import io.espalier.standalone.report.Result;
import io.espalier.worker.domain.InvalidInputException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PublishingTest {
  private static final Instant NOW = Instant.ofEpochMilli(1_790_000_000_000L);
  private static final PoolReadiness SERVED =
      new PoolReadiness(List.of("default"), Map.of("default", 1));

  @Test
  void the_first_generation_is_the_time_so_that_one_after_a_withdrawal_is_new() {
    assertThat(Publishing.newGeneration(Optional.empty(), NOW)).isEqualTo(NOW.toEpochMilli());
  }

  @Test
  void a_generation_that_was_counted_is_followed_by_the_time() {
    assertThat(Publishing.newGeneration(policy(3), NOW)).isEqualTo(NOW.toEpochMilli());
  }

  @Test
  void a_clock_that_went_back_does_not_bring_a_generation_again() {
    long ahead = NOW.toEpochMilli() + 60_000;

    assertThat(Publishing.newGeneration(policy(ahead), NOW)).isEqualTo(ahead + 1);
  }

  @Test
  void only_what_is_new_or_says_something_else_is_written() {
    Map<String, PruningPolicy> inForce =
        Map.of(
            "same", SamplePolicy.published("same", 5), "edge", SamplePolicy.published("edge", 5));

    Change<List<Applied>> change =
        Publishing.changes(
            List.of(
                SamplePolicy.written("same", "60%"),
                SamplePolicy.written("edge", "50%"),
                SamplePolicy.written("new", "60%")),
            inForce);

    assertThat(change.policies()).containsOnlyKeys("edge", "new");
    assertThat(change.answer())
        .extracting(Applied::change)
        .containsExactly(PolicyChange.UNCHANGED, PolicyChange.CHANGED, PolicyChange.CREATED);
    assertThat(change.answer().get(0).inForce().getGeneration()).isEqualTo(5);
  }

  @Test
  void a_policy_that_is_not_there_cannot_be_withdrawn_and_then_none_is() {
    Map<String, PruningPolicy> inForce = Map.of("edge", SamplePolicy.published("edge", 5));

    assertThatThrownBy(() -> Publishing.withdrawal(List.of("edge", "egde"), inForce))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("there is no policy 'egde'; in force are edge");
    assertThat(Publishing.withdrawal(List.of("edge"), inForce).policies())
        .isEqualTo(Map.of("edge", Optional.empty()));
  }

  @Test
  void the_registered_models_that_a_policy_accepts_are_named() {
    List<Applied> applied =
        List.of(new Applied(SamplePolicy.forNames("acme", "acme-*"), PolicyChange.CREATED));
    var registered =
        new Registrations(
            IntStream.rangeClosed(1, 7)
                .mapToObj(number -> SamplePolicy.registered("acme-" + number, "1", "11".repeat(32)))
                .toList());

    Result result = AppliedText.of(applied, registered, SERVED, false);

    assertThat(result.table())
        .contains("acme-1@1, acme-2@1, acme-3@1, acme-4@1, acme-5@1 and 2 more")
        .contains("models that are registered already are not optimized by it; register them again")
        .doesNotContain("warning");
    assertThat(result.json().at("/policies/0/matches")).hasSize(7);
    assertThat(result.names()).contains(List.of("acme"));
  }

  @Test
  void a_dry_run_says_so_and_knows_no_generation_of_what_is_new() {
    List<Applied> applied =
        List.of(new Applied(SamplePolicy.published("edge", 9), PolicyChange.CREATED));

    Result result =
        AppliedText.of(
            applied, new Registrations(List.of()), new PoolReadiness(List.of(), Map.of()), true);

    assertThat(result.table())
        .contains("nothing was changed, since this is a dry run")
        .contains("warning: policy 'edge': the pool 'default' has no topic of commands")
        .doesNotContain("register them again");
    assertThat(result.json().path("dryRun").asBoolean()).isTrue();
    assertThat(result.json().at("/policies/0").has("generation")).isFalse();
  }

  private static Optional<PruningPolicy> policy(long generation) {
    return Optional.of(SamplePolicy.published("edge", generation));
  }
}
