package io.espalier.worker.algorithm.search;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChoiceRuleTest {
  @Test
  void choices_are_multiples_of_the_divisor_and_the_original_width() {
    assertThat(ChoiceRule.everyTwentieth(16).choices(64)).containsExactly(16, 32, 48, 64);
    assertThat(ChoiceRule.everyTwentieth(32).choices(64)).containsExactly(32, 64);
    assertThat(ChoiceRule.everyTwentieth(16).choices(40)).containsExactly(16, 32, 40);
    assertThat(ChoiceRule.everyTwentieth(1).choices(10)).hasSize(10);
  }

  @Test
  void a_layer_that_is_not_wider_than_the_divisor_cannot_be_cut() {
    assertThat(ChoiceRule.everyTwentieth(32).choices(16)).containsExactly(16);
    assertThat(ChoiceRule.everyTwentieth(32).choices(32)).containsExactly(32);
  }

  @Test
  void wide_layers_have_at_most_one_choice_per_ratio() {
    assertThat(ChoiceRule.everyTwentieth(8).choices(2048)).hasSize(20).startsWith(104, 208);
    assertThat(new ChoiceRule(List.of(0.5), 8).choices(64)).containsExactly(32, 64);
  }

  @ParameterizedTest
  @CsvSource({
    "3, 8, 8",
    "11.9, 8, 16",
    "12, 8, 16",
    "11, 8, 16",
    "17, 8, 16",
    "18, 8, 24",
    "35.5, 32, 32",
    "35.6, 32, 64"
  })
  void a_width_is_rounded_but_never_to_less_than_nine_tenths(
      double value, int divisor, long expected) {
    // 11 -> nearest is 8, but 8 < 9.9, so 16; 18 -> nearest is 16, but 16 < 16.2, so 24
    assertThat(ChoiceRule.divisible(value, divisor)).isEqualTo(expected);
  }
}
