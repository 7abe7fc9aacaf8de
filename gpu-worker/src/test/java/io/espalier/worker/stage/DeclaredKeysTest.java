package io.espalier.worker.stage;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.schemas.setting.Setting;
import io.espalier.schemas.setting.Values;
import io.espalier.schemas.stage.FastNasKeys;
import io.espalier.schemas.stage.GradNasKeys;
import io.espalier.schemas.stage.MinitronKeys;
import io.espalier.schemas.stage.PruneKeys;
import io.espalier.schemas.stage.QuantizeKeys;
import io.espalier.worker.algorithm.evaluate.Evaluation;
import io.espalier.worker.algorithm.evaluate.TextEvaluation;
import io.espalier.worker.algorithm.minitron.MinitronTarget;
import io.espalier.worker.algorithm.minitron.size.DecoderDimension;
import io.espalier.worker.algorithm.minitron.size.SizeGrid;
import io.espalier.worker.algorithm.quantize.QuantizationFormat;
import io.espalier.worker.algorithm.search.ChoiceRule;
import io.espalier.worker.stage.prune.FastNasSpec;
import io.espalier.worker.stage.prune.GradNasSpec;
import io.espalier.worker.stage.prune.MinitronSpec;
import io.espalier.worker.stage.quantize.QuantizeSpec;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Tests that compare the keys of policies with those of algorithms; they are declared apart. */
class DeclaredKeysTest {
  private static final String FASTNAS = "fastnas";
  private static final String GRADNAS = "gradnas";
  private static final String MINITRON = "minitron";

  /** A key of words, and what an algorithm makes of each. */
  private record Case(
      String algorithm, Setting<String> setting, Function<String, Object> constant) {
    DynamicTest test() {
      List<String> words = ((Values.Word) setting.values()).words();
      return DynamicTest.dynamicTest(
          algorithm + " knows all words of " + setting.name(),
          () ->
              assertThat(words.stream().map(this::read))
                  .doesNotHaveDuplicates()
                  .hasSize(words.size()));
    }

    private Object read(String word) {
      return constant.apply(
          "{\"algorithm\":\"%s\",\"constraints\":{\"flops\":\"60%%\"},\"%s\":\"%s\"}"
              .formatted(algorithm, setting.name(), word));
    }
  }

  @TestFactory
  Stream<DynamicTest> every_word_that_a_policy_may_say_is_known() {
    return Stream.of(
            new Case(FASTNAS, FastNasKeys.SCORE, spec -> FastNasSpec.parse(spec).score()),
            new Case(FASTNAS, FastNasKeys.IMPORTANCE, spec -> FastNasSpec.parse(spec).importance()),
            new Case(FASTNAS, PruneKeys.OBJECTIVE, spec -> FastNasSpec.parse(spec).objective()),
            new Case(GRADNAS, PruneKeys.OBJECTIVE, spec -> GradNasSpec.parse(spec).objective()),
            new Case(
                GRADNAS,
                GradNasKeys.NORMALISATION,
                spec -> GradNasSpec.parse(spec).normalisation()),
            new Case(
                GRADNAS,
                GradNasKeys.OUTPUT,
                spec -> GradNasSpec.parse(spec).output().orElseThrow()),
            new Case(MINITRON, MinitronKeys.SCORE, spec -> MinitronSpec.parse(spec).score()),
            new Case(MINITRON, MinitronKeys.DEPTH, spec -> MinitronSpec.parse(spec).depth()),
            new Case(MINITRON, MinitronKeys.IMPORTANCE, DeclaredKeysTest::listening),
            new Case(MINITRON, MinitronKeys.SEQUENCE_AGGREGATION, DeclaredKeysTest::listening),
            new Case(MINITRON, MinitronKeys.BATCH_AGGREGATION, DeclaredKeysTest::listening),
            new Case(
                MINITRON, MinitronKeys.LOADERS, spec -> MinitronSpec.parse(spec).goal().stock()))
        .map(Case::test);
  }

  @Test
  void every_format_that_a_policy_may_say_is_known() {
    List<String> words = ((Values.Word) QuantizeKeys.FORMAT.values()).words();

    assertThat(words.stream().map(word -> QuantizeSpec.parse("{\"format\":\"" + word + "\"}")))
        .extracting(QuantizeSpec::format)
        .containsExactlyInAnyOrder(QuantizationFormat.values());
  }

  @Test
  void the_sizes_that_a_policy_may_give_are_those_that_decoders_have() {
    Values.Group export = (Values.Group) MinitronKeys.EXPORT.values();

    assertThat(export.table().names())
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(DecoderDimension.values())
                .flatMap(size -> size.keys().stream())
                .toList());
  }

  @Test
  void where_a_policy_says_nothing_algorithms_and_the_command_line_take_the_same() {
    assertThat(FastNasKeys.CHANNEL_DIVISOR.usual()).hasValue(ChoiceRule.DEFAULT_DIVISOR);
    assertThat(GradNasKeys.NEURON_DIVISOR.usual()).hasValue(ChoiceRule.DEFAULT_DIVISOR);
    assertThat(FastNasKeys.BATCH_SIZE.usual()).hasValue(Evaluation.BATCH);
    assertThat(GradNasKeys.BATCH_SIZE.usual()).hasValue(TextEvaluation.BATCH);
    assertThat(MinitronKeys.MAX_WIDTH_PRUNING.usual()).hasValue(SizeGrid.USUAL_WIDTH);
    assertThat(MinitronKeys.MAX_DEPTH_PRUNING.usual()).hasValue(SizeGrid.USUAL_DEPTH);
    assertThat(MinitronKeys.TOP_K.usual()).hasValue(MinitronTarget.USUAL_TOP);
  }

  private static Object listening(String spec) {
    return MinitronSpec.parse(spec).listening(7);
  }
}
