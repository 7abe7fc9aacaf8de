package io.espalier.standalone.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.PolicyMatch;
import io.espalier.event.PruningPolicy;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PublishingTest {
  private static final Instant NOW = Instant.ofEpochMilli(1_790_000_000_000L);

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

  private static Optional<PruningPolicy> policy(long generation) {
    return Optional.of(
        PruningPolicy.newBuilder()
            .setName("edge")
            .setGeneration(generation)
            .setMatch(PolicyMatch.newBuilder().build())
            .setStages(List.of())
            .build());
  }
}
