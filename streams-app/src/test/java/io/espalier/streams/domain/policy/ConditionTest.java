package io.espalier.streams.domain.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.streams.domain.Samples;
import io.espalier.streams.domain.model.Model;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Tests of the texts on a policy's conditions; models are resnets with tier=edge. */
final class ConditionTest {
  private static final Model MODEL = Samples.model("my-model");

  @Test
  void each_condition_says_what_was_wanted_and_what_was_found() {
    Match match =
        new Match(
            Optional.of("question-answering"),
            List.of(new Glob("acme-*"), new Glob("corp-?")),
            Set.of("roberta", "bert"),
            Map.of("tier", "cloud", "team", "vision"));

    List<Condition> conditions = Samples.policy(1, List.of(), match).conditions(MODEL);

    assertThat(conditions)
        .extracting(Condition::toString)
        .containsExactly(
            "task: wanted question-answering, found image-classification",
            "names: wanted acme-* or corp-?, found my-model",
            "families: wanted bert or roberta, found resnet",
            "labels.team: wanted vision, found none",
            "labels.tier: wanted cloud, found edge");
    assertThat(conditions).noneMatch(Condition::holds);
  }

  @Test
  void conditions_that_hold_are_told_too_and_those_that_are_not_given_are_not() {
    Match match = new Match(Optional.empty(), List.of(), Set.of(), Map.of("tier", "edge"));

    assertThat(Samples.policy(1, List.of(), match).conditions(MODEL))
        .containsExactly(new Condition("labels.tier", "edge", "edge", true));
    assertThat(Samples.policy(1, List.of(), Samples.ANY).conditions(MODEL)).isEmpty();
  }

  @Test
  void what_was_made_here_meets_the_guard_against_loops() {
    Model made = Samples.model("my-model", "default", 2);

    assertThat(Samples.policy(1, List.of(), Samples.ANY).conditions(made))
        .singleElement()
        .satisfies(
            condition -> {
              assertThat(condition.holds()).isFalse();
              assertThat(condition)
                  .hasToString(
                      "maxGeneration: wanted at least 2, as often as the model was optimized"
                          + " already, found 0");
            });
  }
}
