package io.espalier.worker.algorithm.gradnas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.evaluate.LayerTimer.Sized;
import io.espalier.worker.algorithm.evaluate.TextEvaluation.Timed;
import io.espalier.worker.algorithm.prune.LatencyBound;
import io.espalier.worker.algorithm.prune.TextTiming;
import io.espalier.worker.algorithm.reconstruct.ReconstructionMode;
import io.espalier.worker.algorithm.search.Budget.Bound;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.LayerRules;
import io.espalier.worker.algorithm.search.Objective;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.text.TextDatasets;
import io.espalier.worker.data.text.TextSettings;
import io.espalier.worker.domain.InfeasibleException;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.MaskableModel;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.stage.TextModels;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A device that takes a nanosecond for each weight of a BERT's layers, and a thousand for what is
 * none: 17,448 for the whole model, 4,136 for the narrowest. Models between the two may be faster
 * or slower than these let think, and models on disk than those in memory.
 */
class TextLatencyTest {
  private static final long FIXED = 1000;
  private static final long HEAD = 4 * 8 * 32;
  private static final long NEURON = 2 * 32;
  private static final long ANSWERS = 2 * 32;
  private static final long WHOLE = FIXED + ANSWERS + 2 * (4 * HEAD + 64 * NEURON);
  private static final long NARROWEST = FIXED + ANSWERS + 2 * (HEAD + 8 * NEURON);

  @TempDir static Path shared;
  @TempDir Path own;

  private static TextModel model;
  private static TextDataset questions;

  private final List<Progress> heard = new ArrayList<>();
  private final List<Long> timed = new ArrayList<>();
  private double between = 1;
  private double narrowest = 1;
  private int calibrations = 2;

  @BeforeAll
  static void draw() throws IOException {
    Path squad = Golden.of("scores/squad-windows").directory();
    Path directory =
        TextModels.write(
            shared.resolve("model"),
            TextModels.BERT.formatted("BertForQuestionAnswering"),
            squad.resolve("tokenizer.json"),
            1);
    model = TextModel.of(ModelDirectory.open(directory), 48);
    questions =
        TextDatasets.open(
            squad.resolve("squad.json").toUri(),
            model.network().input(),
            directory,
            TextSettings.USUAL.withMaxLength(48).withStride(16));
  }

  @Test
  void a_bound_in_percent_is_met_beside_the_original_as_it_is_measured() {
    GradNasPruning.Result result = prune("60%");

    assertThat(LatencyBound.nanos(result.outcome().before().latency().orElseThrow()))
        .isEqualTo(WHOLE);
    assertThat(LatencyBound.nanos(result.outcome().after().latency().orElseThrow()))
        .isEqualTo(nanos(result.model()))
        .isLessThanOrEqualTo(WHOLE * 60 / 100)
        .isGreaterThan(WHOLE * 60 / 100 - HEAD); // there are neurons to fill the room with
    assertThat(result.outcome().decision().selection().cost().latencyNanos())
        .as("foretold")
        .isCloseTo(
            LatencyBound.nanos(result.outcome().after().latency().orElseThrow()), within(20L));
    assertThat(result.outcome().budget().bounds())
        .extracting(Bound::limit)
        .containsExactly(WHOLE * 60 / 100);
    assertThat(timed).hasSize(2).allMatch(nanos -> nanos.equals(timed.get(0)));
  }

  @Test
  void models_that_are_slower_than_foretold_are_cut_further() {
    between = 1.25;

    GradNasPruning.Result result = prune("60%");

    long measured = LatencyBound.nanos(result.outcome().after().latency().orElseThrow());
    assertThat(measured).isLessThanOrEqualTo(WHOLE * 60 / 100);
    assertThat(nanos(result.model())).isLessThanOrEqualTo(WHOLE * 60 / 125);
    assertThat(timed.get(0)).as("the first try").isGreaterThan(WHOLE * 60 / 100);
    assertThat(measured).isGreaterThan(WHOLE * 50 / 100);
  }

  @Test
  void room_that_faster_models_leave_is_used() {
    between = 0.75;

    GradNasPruning.Result result = prune("60%");

    assertThat(LatencyBound.nanos(result.outcome().after().latency().orElseThrow()))
        .isGreaterThan(timed.get(0))
        .isBetween(WHOLE * 55 / 100, WHOLE * 60 / 100);
    assertThat(nanos(result.model())).isGreaterThan(WHOLE * 60 / 100);
  }

  @Test
  void a_bound_under_the_narrowest_model_as_it_is_foretold_needs_no_gradient() {
    assertThatThrownBy(() -> prune("4us"))
        .isInstanceOfSatisfying(
            InfeasibleException.class,
            refusal -> {
              assertThat(refusal.constraint()).isEqualTo("latency");
              assertThat(refusal.bound()).isEqualTo(0.004);
              assertThat(refusal.smallest()).isCloseTo(NARROWEST / 1e6, within(2e-5));
            })
        .hasMessageContaining("constraint latency: 0.004 ms allows at most 0.004 ms")
        .hasMessageContaining("the smallest model of the search space");
    assertThat(heard).extracting(Progress::phase).doesNotContain("measuring gradients");
  }

  @Test
  void a_bound_that_the_narrowest_model_misses_as_it_is_measured_names_what_was_measured() {
    between = 3;
    narrowest = 2;

    assertThatThrownBy(() -> prune("5us"))
        .isInstanceOfSatisfying(
            InfeasibleException.class,
            refusal -> {
              assertThat(refusal.constraint()).isEqualTo("latency");
              assertThat(refusal.bound()).isEqualTo(0.005);
              assertThat(refusal.smallest()).isCloseTo(2 * NARROWEST / 1e6, within(1e-6));
            })
        .hasMessageContaining("constraint latency: 0.005 ms allows at most 0.005 ms")
        .hasMessageContaining("takes 0.008 ms (the original 0.017 ms)")
        .hasMessageContaining("nothing faster is left to try");
    assertThat(timed).last().isEqualTo(2 * NARROWEST);
    assertThat(own.resolve("output")).doesNotExist();
  }

  @Test
  void a_result_that_is_padded_with_zeros_cannot_be_made_faster() {
    GradNasPlan plan =
        GradNasPlan.of(model, OutputMode.ZERO_PADDED, new WidthRules(false, 8, LayerRules.NONE));

    assertThatThrownBy(() -> plan.require(Constraints.parse(Map.of("latency", "60%"))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("output zero-padded")
        .hasMessageContaining("leave out constraints.latency");
  }

  private GradNasPruning.Result prune(String latency) {
    GradNasPlan plan =
        GradNasPlan.of(model, OutputMode.PER_LAYER, new WidthRules(false, 8, LayerRules.NONE));
    var settings =
        new GradNasSettings(
            3,
            4,
            4,
            Normalisation.LAYER,
            Objective.SUM,
            UnitRanking.GRADIENT,
            ReconstructionMode.OFF,
            7);
    return new GradNasPruning<>(
            plan,
            Constraints.parse(Map.of("latency", latency)),
            settings,
            new GradNasTexts(model, questions, questions, new Device()),
            heard::add)
        .run(own.resolve("output"), own.resolve("checkpoints"));
  }

  private static long nanos(MaskableModel cut) {
    try (Weights weights = Weights.load(cut.directory(), cut.architecture())) {
      return nanos(weights);
    }
  }

  /**
   * Returns what the device takes for a model if it is neither faster nor slower than its layers.
   */
  private static long nanos(Weights weights) {
    return FIXED
        + weights.architecture().layers().stream()
            .map(layer -> weights.get(layer.weight()).getShape().getShape())
            .mapToLong(shape -> LongStream.of(shape).reduce(1, (a, b) -> a * b))
            .sum();
  }

  private final class Device implements TextTiming {
    @Override
    public double nanos(Sized layer) {
      return (double) layer.out() * layer.in();
    }

    @Override
    public List<Latency> latencies(List<Timed> versions, int repetitions) {
      boolean calibrating = calibrations-- > 0;
      List<Long> nanos =
          versions.stream()
              .map(timed -> TextLatencyTest.nanos(timed.weights()))
              .map(plain -> calibrating ? plain : measured(plain))
              .toList();
      if (!calibrating) {
        timed.add(nanos.get(1));
      }
      return nanos.stream().map(each -> each / 1e6).map(ms -> new Latency(ms, ms, ms, 1)).toList();
    }

    private long measured(long plain) {
      double factor = plain == WHOLE ? 1 : plain == NARROWEST ? narrowest : between;
      return Math.round(plain * factor);
    }
  }
}
