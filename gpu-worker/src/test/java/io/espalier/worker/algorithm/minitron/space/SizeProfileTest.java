package io.espalier.worker.algorithm.minitron.space;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.algorithm.minitron.size.DecoderDimension;
import io.espalier.worker.algorithm.minitron.size.DecoderSizes;
import io.espalier.worker.algorithm.minitron.size.ImageBlueprint;
import io.espalier.worker.algorithm.search.Profile;
import io.espalier.worker.checkpoint.surgery.Sharding;
import io.espalier.worker.model.ImageTransformerModel;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.tensor.Golden;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests of the choices, known without data. */
final class SizeProfileTest {
  private static DecoderBlueprint blueprint(String golden) {
    return DecoderBlueprint.of(TextModel.of(Golden.of(golden).model(), 16));
  }

  @ParameterizedTest
  @CsvSource({
    "llama, hidden;neurons",
    "mixtral, hidden;experts;neurons of an expert",
    "qwen2-moe, hidden;neurons;experts;neurons of an expert;neurons of the shared expert",
    "qwen3-moe, hidden;neurons;experts;neurons of an expert"
  })
  void only_sizes_with_a_choice_are_named(String golden, String axes) {
    Profile profile = SizeProfile.of(blueprint(golden), Optional.empty());

    List<String> wanted = Arrays.asList(axes.split(";", -1));
    assertThat(profile.axes()).extracting(each -> each.axis().name()).isEqualTo(wanted);
    BigInteger size =
        profile.axes().stream()
            .map(each -> BigInteger.valueOf(each.widths().size()))
            .reduce(BigInteger.ONE, BigInteger::multiply);
    assertThat(profile.spaceSize()).isEqualTo(size);
  }

  @Test
  void the_narrowest_model_of_experts_costs_what_its_sizes_cost() {
    DecoderBlueprint mixtral = blueprint("mixtral");
    var smallest =
        DecoderSizes.of(
            Map.of(
                DecoderDimension.HIDDEN,
                20,
                DecoderDimension.EXPERTS,
                3,
                DecoderDimension.EXPERT_NEURONS,
                32,
                DecoderDimension.HEADS,
                4,
                DecoderDimension.GROUPS,
                2,
                DecoderDimension.LAYERS,
                2));

    Profile profile = SizeProfile.of(mixtral, Optional.empty());

    assertThat(profile.min().flops())
        .isEqualTo(
            new UniformCosts(mixtral, Sharding.asBefore(), Optional.empty()).of(smallest).flops());
  }

  /**
   * By hand: 16 to 24 channels by twos, 24 to 40 neurons by fours, 3 or 4 heads. The narrowest has
   * 16 patches of 48 numbers, and in each of two layers, for 17 tokens, queries, keys, values and
   * what reads them (16 x 18 each), two products of attention, and two matrices of 16 x 24; then 3
   * classes.
   */
  @Test
  void transformers_for_images_have_a_space_of_sizes() {
    var vit = ImageBlueprint.of(ImageTransformerModel.of(Golden.of("vit").model()));
    long layer = 4 * 17 * 16 * 18 + 2 * 17 * 17 * 18 + 2 * 17 * 16 * 24;

    Profile profile = SizeProfile.of(vit, Optional.empty());

    assertThat(profile.axes())
        .extracting(each -> each.axis().name())
        .containsExactly("hidden", "neurons", "groups");
    assertThat(profile.spaceSize()).isEqualTo(BigInteger.valueOf(5 * 5 * 2));
    assertThat(profile.min().flops()).isEqualTo(2 * (16 * 48 * 16 + 2 * layer + 16 * 3));
  }
}
