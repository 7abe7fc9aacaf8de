package io.espalier.standalone.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.event.PruningPolicy;
import io.espalier.standalone.client.topic.TopicReader;
import io.espalier.standalone.report.Result;
import io.espalier.worker.domain.InvalidInputException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class PolicyListingTest {
  private static final PruningPolicy FIRST = SamplePolicy.written("edge", "60%").toAvro(5);
  private static final PruningPolicy SECOND = SamplePolicy.written("edge", "50%").toAvro(6);

  private static final List<TopicReader.Entry<PruningPolicy>> BOTH =
      List.of(entry(FIRST), entry(SECOND));

  @Test
  void a_policy_is_shown_as_it_is_in_force_and_can_be_applied() {
    Result shown = PolicyListing.show(BOTH, "edge", OptionalLong.empty());

    assertThat(shown.table())
        .isEqualTo(
            """
            # generation 6, in force; kept are 5, 6
            apiVersion: espalier.io/v1
            kind: PruningPolicy
            metadata:
              name: edge
            spec:
              match: {}
              stages:
                - prune:
                    algorithm: fastnas
                    constraints:
                      flops: 50%
            """);
    assertThat(shown.json().path("inForce").asBoolean()).isTrue();
  }

  @Test
  void an_earlier_generation_is_shown_as_long_as_it_is_kept() {
    Result shown = PolicyListing.show(BOTH, "edge", OptionalLong.of(5));

    assertThat(shown.table()).contains("# generation 5, no longer in force", "flops: 60%");
    assertThat(shown.json().path("inForce").asBoolean()).isFalse();
    assertThatThrownBy(() -> PolicyListing.show(BOTH, "edge", OptionalLong.of(4)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("generation 4 of policy 'edge' is not there; kept are 5, 6");
  }

  @Test
  void what_was_withdrawn_is_not_in_force_but_its_generations_are_shown() {
    List<TopicReader.Entry<PruningPolicy>> withdrawn =
        List.of(
            entry(FIRST),
            entry(SamplePolicy.published("other", 1)),
            new TopicReader.Entry<>("edge", Optional.empty()));

    assertThatThrownBy(() -> PolicyListing.show(withdrawn, "edge", OptionalLong.empty()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("there is no policy 'edge'; in force are other");
    assertThat(PolicyListing.show(withdrawn, "edge", OptionalLong.of(5)).table())
        .contains("no longer in force");
  }

  @Test
  void a_difference_is_shown_against_what_is_in_force_and_ends_with_code_5() {
    Result diff =
        PolicyListing.diff(
            List.of(SamplePolicy.written("edge", "50%"), SamplePolicy.written("new", "70%")),
            Map.of("edge", FIRST));

    assertThat(diff.exitCode()).isEqualTo(5);
    assertThat(diff.table())
        .contains(
            "--- edge (generation 5, in force)\n+++ edge (to be applied)\n@@ ",
            "-          flops: 60%\n+          flops: 50%\n",
            "--- new (there is none)\n+++ new (to be applied)\n@@ -0,0 +1,11 @@\n+apiVersion");
  }

  @Test
  void what_says_the_same_in_other_words_does_not_differ() {
    Result diff =
        PolicyListing.diff(List.of(SamplePolicy.written("edge", "60%")), Map.of("edge", FIRST));

    assertThat(diff.exitCode()).isZero();
    assertThat(diff.table()).isEqualTo("nothing differs from the policies in force");
    assertThat(diff.json().at("/policies/0/diff").asText()).isEmpty();
  }

  private static TopicReader.Entry<PruningPolicy> entry(PruningPolicy policy) {
    return new TopicReader.Entry<>(policy.getName(), Optional.of(policy));
  }
}
