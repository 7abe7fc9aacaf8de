package io.espalier.worker.algorithm.fastnas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.evaluate.BatchNormCalibration;
import io.espalier.worker.algorithm.evaluate.Batches;
import io.espalier.worker.algorithm.evaluate.Evaluation;
import io.espalier.worker.algorithm.fastnas.FastNasSettings.Score;
import io.espalier.worker.algorithm.fastnas.FastNasSettings.ScoreAfter;
import io.espalier.worker.algorithm.importance.Importance;
import io.espalier.worker.algorithm.prune.ChannelOrder;
import io.espalier.worker.algorithm.reconstruct.ReconstructionMode;
import io.espalier.worker.algorithm.search.Objective;
import io.espalier.worker.algorithm.search.SearchSpace.Choices;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.data.ImageDatasets;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import io.espalier.worker.zoo.RandomModel;
import io.espalier.worker.zoo.Zoo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** 50 images in batches of 20: BatchNorm is calibrated on two batches, the score is of three. */
class CutScorerTest {
  private static final int BATCH = 20;
  private static final long PLENTY = 1L << 30;

  @TempDir static Path shared;
  @TempDir Path own;

  private static FastNasPlan plan;
  private static ImageDataset images;

  @BeforeAll
  static void draw() {
    Zoo.writeShapes(shared.resolve("data"), 50, 10, 1);
    Zoo.writeRandomModel(
        new RandomModel("cifar_resnet14", 10, 32, List.of(4, 8, 16), 1), shared.resolve("model"));
    plan = FastNasPlan.of(ModelDirectory.open(shared.resolve("model")), 4);
    images =
        ImageDatasets.open(
            java.net.URI.create(shared.resolve("data").toUri() + "?split=train"), plan.input());
  }

  @Test
  void scores_of_another_device_are_not_taken_for_those_of_this_one() {
    var settings =
        new FastNasSettings(
            4,
            2,
            BATCH,
            50,
            Score.LOSS,
            FastNasSettings.ScoreAfter.CUT,
            Objective.SUM,
            Importance.CONSUMER_NORM,
            1,
            OptionalInt.empty(),
            ReconstructionMode.OFF,
            1);
    var search = new FastNas(plan, settings, images);

    String print = search.fingerprint("a processor, 2 threads");

    assertThat(search.fingerprint("a processor, 2 threads")).isEqualTo(print);
    assertThat(search.fingerprint("a processor, 4 threads")).isNotEqualTo(print);
  }

  @ParameterizedTest
  @ValueSource(longs = {PLENTY, 1_000_000, 0})
  void scores_are_those_of_whole_passes_bit_for_bit_wherever_activations_are_kept(long memory) {
    List<Widths> cuts = cuts();
    try (Weights weights = Weights.load(plan.model(), plan.architecture());
        CutScorer scorer = scorer(weights, Score.LOSS, memory)) {
      for (Widths cut : cuts) {
        assertThat(scorer.of(cut)).as(cut.toString()).isEqualTo(-naive(weights, cut).loss());
      }

      assertThat(scorer.passes()).isBetween(1.0, 0.8 * cuts.size());
    }
    assertThat(own).isEmptyDirectory();
  }

  @Test
  void cuts_in_any_order_are_scored_alike() {
    List<Widths> cuts = new ArrayList<>(cuts());
    java.util.Collections.reverse(cuts);
    try (Weights weights = Weights.load(plan.model(), plan.architecture());
        CutScorer scorer = scorer(weights, Score.ACCURACY, PLENTY)) {
      for (Widths cut : cuts) {
        assertThat(scorer.of(cut)).as(cut.toString()).isEqualTo(naive(weights, cut).accuracy());
      }
    }
  }

  @Test
  void agreement_is_the_negative_mean_divergence_from_what_the_delivered_model_says() {
    Widths cut = cuts().get(3);
    try (Weights weights = Weights.load(plan.model(), plan.architecture());
        CutScorer scorer = scorer(weights, Score.AGREEMENT, PLENTY);
        Weights narrow = calibrated(weights, cut)) {
      double expected = 0;
      for (int i = 0; i < 3; i++) {
        float[][] said = softmax(weights, i);
        float[][] says = softmax(narrow, i);
        for (int image = 0; image < said.length; image++) {
          for (int c = 0; c < said[image].length; c++) {
            double p = said[image][c];
            expected -= p * (Math.log(p) - Math.log(says[image][c]));
          }
        }
      }

      double agreement = scorer.of(cut);

      assertThat(agreement).isNegative().isCloseTo(expected / 50, within(1e-5));
    }
  }

  @ParameterizedTest
  @EnumSource(Score.class)
  void what_a_network_says_that_is_no_number_is_no_score(Score score) {
    try (Weights weights = Weights.load(plan.model(), plan.architecture());
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      Tensors.fill(weights.get("layer1.0.conv1.weight"), Double.NaN);
      try (CutScorer scorer = scorer(weights, score, PLENTY)) {
        assertThat(scorer.of(Widths.all())).isNaN();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Score.class)
  void the_model_and_its_weights_stay_as_they_are(Score score) {
    try (Weights weights = Weights.load(plan.model(), plan.architecture());
        CutScorer scorer = scorer(weights, score, PLENTY)) {
      cuts().forEach(scorer::of);

      try (Weights fresh = Weights.load(plan.model(), plan.architecture())) {
        for (String name : fresh.names()) {
          assertThat(weights.get(name).contentEquals(fresh.get(name))).as(name).isTrue();
        }
      }
    }
  }

  @Test
  void after_reconstruction_it_costs_nothing_to_cut_channels_that_say_what_others_say() {
    Axis axis = plan.space().configurable().get(0).axis();
    int half = axis.units() / 2;
    var narrow = new Widths(Map.of(axis.name(), half));
    try (Weights weights = Weights.load(plan.model(), plan.architecture())) {
      repeatFirstHalf(weights, axis);

      try (CutScorer scorer = scorer(weights, ScoreAfter.CUT)) {
        assertThat(scorer.of(narrow)).isNotCloseTo(scorer.of(Widths.all()), within(1e-3));
      }
      try (CutScorer scorer = scorer(weights, ScoreAfter.RECONSTRUCTION)) {
        assertThat(scorer.of(narrow)).isCloseTo(scorer.of(Widths.all()), within(1e-4));
      }
    }
    assertThat(own).isEmptyDirectory();
  }

  /** Its channels in the second half say what those in the first half say. */
  private static void repeatFirstHalf(Weights weights, Axis axis) {
    int[] twice = IntStream.range(0, axis.units()).map(i -> i % (axis.units() / 2)).toArray();
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      for (TensorSpec tensor : plan.architecture().tensors()) {
        if (!tensor.dimensions().isEmpty() && tensor.dimensions().get(0).isAlong(axis)) {
          NDArray array = weights.get(tensor.name());
          Tensors.addScaledInPlace(
              array, Tensors.subtract(Tensors.select(array, 0, twice), array), 1);
        }
      }
    }
  }

  /** Keeps the first channels. */
  private CutScorer scorer(Weights weights, ScoreAfter after) {
    return new CutScorer(
        plan.family(),
        weights,
        new ChannelOrder(plan.architecture(), Map.of()),
        new CutScorer.Scoring(Score.LOSS, after, 1),
        new Batches(images, BATCH),
        PLENTY,
        own);
  }

  private CutScorer scorer(Weights weights, Score score, long memory) {
    return new CutScorer(
        plan.family(),
        weights,
        order(),
        new CutScorer.Scoring(score, ScoreAfter.CUT, 1),
        new Batches(images, BATCH),
        memory,
        own);
  }

  private static ChannelOrder order() {
    try (Weights weights = Weights.load(plan.model(), plan.architecture())) {
      return ChannelOrder.by(
          plan.architecture(),
          Importance.CONSUMER_NORM.measure(
              plan.model(), plan.family(), weights, new Batches(images, BATCH)));
    }
  }

  /** The whole model, then every axis at every width, in the order of the forward pass. */
  private static List<Widths> cuts() {
    var cuts = new ArrayList<Widths>();
    cuts.add(Widths.all());
    plan.space().configurable().stream()
        .sorted(Comparator.comparing((Choices choices) -> choices.axis().name()))
        .forEach(
            choices ->
                choices
                    .widths()
                    .forEach(w -> cuts.add(new Widths(Map.of(choices.axis().name(), w)))));
    assertThat(cuts).hasSizeGreaterThan(8);
    return cuts;
  }

  /** Whole passes with nothing reused. */
  private static Evaluation.Quality naive(Weights weights, Widths widths) {
    try (Weights cut = calibrated(weights, widths)) {
      return Evaluation.quality(plan.family(), cut, images, BATCH, Progress.Listener.NONE);
    }
  }

  private static Weights calibrated(Weights weights, Widths widths) {
    Weights cut = weights.keep(order().kept(widths));
    BatchNormCalibration.recalibrate(plan.family(), cut, images, BATCH);
    return cut;
  }

  private static float[][] softmax(Weights weights, int batch) {
    var batches = new Batches(images, BATCH);
    try (NDManager manager = PyTorch.newManager();
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray x = batches.images(batches.get(batch), manager);
      NDArray logits = plan.family().forward(weights, x, Mode.EVALUATE);
      float[][] rows = new float[(int) logits.getShape().get(0)][];
      for (int i = 0; i < rows.length; i++) {
        rows[i] = softmax(logits.get(i).toFloatArray());
      }
      return rows;
    }
  }

  private static float[] softmax(float[] logits) {
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit);
    }
    float[] p = new float[logits.length];
    for (int i = 0; i < p.length; i++) {
      p[i] = (float) (Math.exp(logits[i]) / sum);
    }
    return p;
  }
}
