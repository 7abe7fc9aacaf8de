package io.espalier.worker.algorithm.minitron;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.espalier.worker.algorithm.family.TextModel;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.tensor.Golden;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Sizes that are asked for by number. */
final class ExportTest {
  private final Blueprint gpt2 = Blueprint.of(TextModel.of(Golden.of("gpt2").model()));
  private final Divisors divisors = Divisors.Asked.NOTHING.ofExport(gpt2.sizes());

  @Test
  void what_is_not_named_stays() {
    var export = new Export(Map.of(Size.NEURONS, 96));

    assertThat(export.of(gpt2, divisors, true)).isEqualTo(new Sizes(32, 96, 4, 4, 2));
  }

  @Test
  void heads_with_keys_of_their_own_take_their_groups_along() {
    var export = new Export(Map.of(Size.HEADS, 3, Size.HIDDEN, 24));

    assertThat(export.of(gpt2, divisors, true)).isEqualTo(new Sizes(24, 128, 3, 3, 2));
  }

  @Test
  void everything_that_does_not_fit_is_said_at_once() {
    var export =
        new Export(
            Map.of(
                Size.HIDDEN, 30, Size.NEURONS, 100, Size.HEADS, 3, Size.GROUPS, 2, Size.LAYERS, 5));

    InvalidInputException refused =
        catchThrowableOfType(InvalidInputException.class, () -> export.of(gpt2, divisors, true));

    assertThat(refused.problems())
        .containsExactly(
            "prune.export.hidden_size: 30 is no multiple of 4; ask for another, or for a smaller divisor",
            "prune.export.ffn_hidden_size: 100 is no multiple of 16; ask for another, or for a smaller divisor",
            "prune.export.num_layers: wanted 1 to 2, as the model has, found 5",
            "prune.export.num_attention_heads: 3 heads are no multiple of 2 groups",
            "prune.export.hidden_size and num_attention_heads: hidden 30 is not 3 heads of 8 channels,"
                + " and config.json of gpt2 has no place for the size of a head");
  }

  @Test
  void more_heads_in_a_group_than_there_are_cannot_be_had() {
    var export = new Export(Map.of(Size.HEADS, 4, Size.GROUPS, 2));

    InvalidInputException refused =
        catchThrowableOfType(InvalidInputException.class, () -> export.of(gpt2, divisors, true));

    assertThat(refused.problems())
        .containsExactly(
            "prune.export.num_attention_heads: 4 heads in 2 groups are 2 in each, but the model has 1");
  }

  @Test
  void own_loaders_open_what_others_do_not() {
    var export = new Export(Map.of(Size.HIDDEN, 24));

    assertThat(export.of(gpt2, divisors, false)).isEqualTo(new Sizes(24, 128, 4, 4, 2));
  }
}
