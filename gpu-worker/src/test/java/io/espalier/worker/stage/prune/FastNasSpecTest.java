package io.espalier.worker.stage.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.algorithm.fastnas.FastNasSettings.Score;
import io.espalier.worker.algorithm.fastnas.FastNasSettings.ScoreAfter;
import io.espalier.worker.algorithm.importance.Importance;
import io.espalier.worker.algorithm.reconstruct.ReconstructionMode;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.domain.InvalidInputException;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FastNasSpecTest {
  @Test
  void what_is_not_said_is_as_in_modelopt() {
    FastNasSpec spec =
        FastNasSpec.parse("{\"algorithm\":\"fastnas\",\"constraints\":{\"flops\":\"60%\"}}");

    assertThat(spec.constraints().limits()).containsOnlyKeys(Quantity.FLOPS);
    assertThat(spec.channelDivisor()).isEqualTo(32);
    assertThat(spec.settings(7).calibrationBatches()).isEqualTo(50);
    assertThat(spec.settings(7).scoreImages()).isEqualTo(512);
    assertThat(spec.importance()).isEqualTo(Importance.CONSUMER_NORM);
    assertThat(spec.reconstruct()).isEqualTo(ReconstructionMode.AUTO);
    assertThat(spec.unmet(10, true)).isEmpty();
  }

  @Test
  void everything_can_be_said() {
    FastNasSpec spec =
        FastNasSpec.parse(
            "{\"algorithm\":\"fastnas\",\"constraints\":{\"flops\":60e6,\"parameters\":\"50%\"},"
                + "\"channelDivisor\":8,\"calibrationBatches\":3,\"batchSize\":16,"
                + "\"scoreImages\":64,\"score\":\"accuracy\",\"importance\":\"taylor\","
                + "\"activationMebibytes\":0,\"reconstruct\":\"off\"}");

    assertThat(spec.constraints().limits()).hasSize(2);
    assertThat(spec.channelDivisor()).isEqualTo(8);
    assertThat(spec.calibrationBatches()).hasValue(3);
    assertThat(spec.batchSize()).isEqualTo(16);
    assertThat(spec.scoreImages()).hasValue(64);
    assertThat(spec.score()).isEqualTo(Score.ACCURACY);
    assertThat(spec.importance()).isEqualTo(Importance.TAYLOR);
    assertThat(spec.activationMebibytes()).isZero();
    assertThat(spec.reconstruct()).isEqualTo(ReconstructionMode.OFF);
  }

  @Test
  void scores_after_a_reconstruction_that_the_result_has_not_are_refused() {
    String both =
        "{\"algorithm\":\"fastnas\",\"constraints\":{\"flops\":\"60%%\"},"
            + "\"scoreAfter\":\"reconstruction\",\"reconstruct\":\"%s\"}";

    assertThatThrownBy(() -> FastNasSpec.parse(both.formatted("off")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("scoreAfter: reconstruction")
        .hasMessageContaining("reconstruct: off")
        .hasMessageContaining("scoreAfter: cut");
    assertThat(FastNasSpec.parse(both.formatted("on")).scoreAfter())
        .isEqualTo(ScoreAfter.RECONSTRUCTION);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"match\":\"x\",\"exclude\":true}",
        "[null]",
        "[{\"match\":\"x\",\"ratios\":[null]}]",
        "[{\"match\":\"x\",\"ratios\":[]}]",
        "[{\"match\":\"x\",\"channelDivisor\":2.7}]",
        "[{\"match\":\"x\",\"exclude\":1}]",
        "[{\"match\":\"x\",\"ratios\":[\"0.5\"]}]"
      })
  void rules_for_layers_that_are_none_are_refused(String layers) {
    String json =
        "{\"algorithm\":\"fastnas\",\"constraints\":{\"flops\":\"60%\"},\"layers\":" + layers + "}";

    assertThatThrownBy(() -> FastNasSpec.parse(json))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("prune.layers");
  }

  @Test
  void images_that_there_are_not_and_labels_that_they_have_not_are_missed() {
    FastNasSpec spec =
        FastNasSpec.parse(
            "{\"algorithm\":\"fastnas\",\"constraints\":{\"flops\":\"60%\"},\"batchSize\":16,"
                + "\"calibrationBatches\":4,\"scoreImages\":50,\"importance\":\"taylor\"}");

    assertThat(spec.unmet(64, true)).isEmpty();
    assertThat(spec.unmet(49, false))
        .hasSize(4)
        .anySatisfy(p -> assertThat(p).contains("scoreImages: 50", "have 49"))
        .anySatisfy(p -> assertThat(p).contains("4 of 16 images are 64 images", "have 49"))
        .anySatisfy(p -> assertThat(p).contains("loss needs labelled images", "agreement"))
        .anySatisfy(p -> assertThat(p).contains("taylor needs labelled images"));
  }

  @Test
  void every_problem_is_reported_at_once() {
    String json =
        "{\"algorithm\":\"slownas\",\"constraints\":{\"flops\":\"140%\",\"params\":\"-3\"},"
            + "\"channelDivisor\":0,\"batchSize\":\"many\",\"score\":\"beauty\",\"color\":1}";

    InvalidInputException error =
        Assertions.catchThrowableOfType(InvalidInputException.class, () -> FastNasSpec.parse(json));

    assertThat(error.problems()).hasSize(7);
    assertThat(error)
        .hasMessageContaining("slownas")
        .hasMessageContaining("'140%'")
        .hasMessageContaining("constraints.params")
        .hasMessageContaining("prune.channelDivisor")
        .hasMessageContaining("\"many\"")
        .hasMessageContaining("\"beauty\"")
        .hasMessageContaining("prune.color");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "{", "null", "{\"algorithm\":\"fastnas\"}"})
  void what_is_no_specification_is_refused(String json) {
    assertThatThrownBy(() -> FastNasSpec.parse(json))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("prune");
  }
}
