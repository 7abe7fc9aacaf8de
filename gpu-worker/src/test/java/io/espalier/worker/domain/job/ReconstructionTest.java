package io.espalier.worker.domain.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.domain.job.Reconstruction.Version;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReconstructionTest {
  private static final List<LayerReconstruction> LAYERS =
      List.of(
          new LayerReconstruction("conv1.weight", 0.5, 0.1, 1e-3, true, 640, 65),
          new LayerReconstruction("conv2.weight", 0.5, 0.5, 0, false, 64, 65));

  @Test
  void the_version_closest_to_the_original_goes_out_with_what_was_solved_for() {
    Reconstruction done = judged(0.5, 0.25, 0.75);

    assertThat(done.chosen().name()).isEqualTo(Reconstruction.RECONSTRUCTED);
    assertThat(done.isUsed()).isTrue();
    assertThat(done.solved()).containsExactly("conv1.weight");
  }

  @Test
  void the_plain_cut_goes_out_if_nothing_is_closer_and_then_nothing_was_solved_for() {
    Reconstruction done = judged(0.25, 0.25, 0.75);

    assertThat(done.isUsed()).isFalse();
    assertThat(done.solved()).isEmpty();
  }

  @Test
  void a_version_that_says_what_is_no_number_is_the_last_choice() {
    assertThat(judged(0.5, Double.NaN, 0.25).chosen().name()).isEqualTo("other");
  }

  @Test
  void samples_are_too_few_only_if_there_are_fewer_than_unknowns() {
    assertThat(LAYERS)
        .extracting(LayerReconstruction::isUnderdetermined)
        .containsExactly(false, true);
  }

  @Test
  void without_a_version_there_is_nothing_to_choose() {
    assertThatThrownBy(() -> new Reconstruction(LAYERS, List.of(), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no version");
  }

  private static Reconstruction judged(double plain, double made, double other) {
    return new Reconstruction(
        LAYERS,
        List.of(
            new Version(Reconstruction.PLAIN, plain),
            new Version(Reconstruction.RECONSTRUCTED, made),
            new Version("other", other)),
        32);
  }
}
