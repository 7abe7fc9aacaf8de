package io.espalier.worker.algorithm.minitron;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.evaluate.Batches;
import io.espalier.worker.algorithm.minitron.cut.ImageSubnetScoring;
import io.espalier.worker.algorithm.minitron.cut.Subnet;
import io.espalier.worker.algorithm.minitron.measure.ActivationScores;
import io.espalier.worker.algorithm.minitron.measure.ActivationSettings;
import io.espalier.worker.algorithm.minitron.measure.ImageActivationMeasurement;
import io.espalier.worker.algorithm.minitron.measure.ImportanceCriterion;
import io.espalier.worker.algorithm.minitron.measure.ScoreAggregation;
import io.espalier.worker.algorithm.minitron.measure.SubnetMetric;
import io.espalier.worker.algorithm.minitron.measure.UnitSelection;
import io.espalier.worker.algorithm.minitron.size.DecoderSizes;
import io.espalier.worker.algorithm.minitron.size.ImageBlueprint;
import io.espalier.worker.algorithm.reconstruct.transformer.ImagePasses;
import io.espalier.worker.algorithm.reconstruct.transformer.TransformerReconstruction;
import io.espalier.worker.algorithm.reconstruct.transformer.UnitResiduals;
import io.espalier.worker.checkpoint.surgery.Sharding;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.ImageTransformerModel;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.transformer.Masks;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.GoldenImages;
import io.espalier.worker.tensor.Losses;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Minitron on transformers that read images, against what PyTorch hears of those of transformers
 * and timm, and what really smaller ones say; {@code golden/scores/minitron-vit/make.py}.
 */
final class ImagePruningTest {
  private static final double TOLERANCE = 2e-5;
  private static final DecoderSizes NARROW = new DecoderSizes(12, 24, 2, 2, 2);

  @TempDir private Path own;

  @ParameterizedTest
  @CsvSource({"vit, 5", "timm-vit, 5", "vit, 2"})
  void scores_are_those_that_pytorch_hears(String name, int batch) {
    Golden oracle = oracle(name);
    ActivationScores found = heard(name, ImportanceCriterion.ACTIVATION, batch);

    double[] hidden = new double[24];
    for (int layer = 0; layer < 2; layer++) {
      String at = "layer." + layer;
      requireClose(found.heads(layer), doubles(oracle, at + ".heads"));
      requireClose(found.neurons(layer), doubles(oracle, at + ".neurons"));
      if (batch == 5) { // it is a sum over batches
        requireClose(new double[] {found.distances()[layer]}, doubles(oracle, at + ".distance"));
      }
      double[] more = doubles(oracle, at + ".hidden");
      Arrays.setAll(hidden, i -> hidden[i] + more[i]);
    }
    requireClose(found.hidden(), hidden);
  }

  @ParameterizedTest
  @ValueSource(strings = {"vit", "timm-vit"})
  void contributions_are_scores_times_what_reads_them(String name) {
    Golden oracle = oracle(name);
    ActivationScores found = heard(name, ImportanceCriterion.CONTRIBUTION, 5);

    for (int layer = 0; layer < 2; layer++) {
      for (String kind : List.of("heads", "neurons")) {
        String at = "layer.%d.%s".formatted(layer, kind);
        double[] wanted = doubles(oracle, at);
        double[] reads = doubles(oracle, "reader." + at);
        Arrays.setAll(wanted, i -> wanted[i] * reads[i]);
        requireClose(kind.equals("heads") ? found.heads(layer) : found.neurons(layer), wanted);
      }
    }
  }

  /** Against GradNAS, which scores so too; what both add up is checked against loops elsewhere. */
  @ParameterizedTest
  @ValueSource(strings = {"vit", "timm-vit"})
  void residuals_are_those_of_what_reads_heads_and_neurons(String name) {
    ImageBlueprint blueprint = blueprint(name);
    ActivationScores found = heard(name, ImportanceCriterion.RESIDUAL, 5);

    Map<String, double[]> wanted;
    try (Weights weights = Weights.load(blueprint.model().directory(), blueprint.architecture())) {
      wanted =
          new UnitResiduals(
                  new ImagePasses(blueprint.network(), new GoldenImages(Golden.of(name)), 5),
                  weights)
              .measure(
                  new TransformerReconstruction.Storage(1 << 20, own, "test"),
                  Progress.Listener.NONE);
    }
    for (int layer = 0; layer < 2; layer++) {
      requireClose(found.heads(layer), wanted.get(blueprint.heads(layer).name()));
      requireClose(found.neurons(layer), wanted.get(blueprint.neurons(layer).name()));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "vit, narrow",
    "vit, short",
    "vit, last",
    "vit, both",
    "timm-vit, narrow",
    "timm-vit, short",
    "timm-vit, last",
    "timm-vit, both"
  })
  void what_is_left_says_what_a_really_smaller_model_says(String name, String which)
      throws Exception {
    ImageBlueprint blueprint = blueprint(name);
    ActivationScores scores = heard(name, ImportanceCriterion.CONTRIBUTION, 5);
    boolean narrow = which.equals("narrow") || which.equals("both");
    List<Integer> layers =
        switch (which) {
          case "narrow" -> List.of(0, 1);
          case "last" -> List.of(1);
          default -> IntStream.of(UnitSelection.first(scores.distances(), 1)).boxed().toList();
        };
    Kept units = narrow ? new UnitSelection(blueprint, scores).of(NARROW) : Kept.all();
    var subnet = new Subnet(units, layers);

    if (narrow) {
      assertThat(units.units()).usingRecursiveComparison().isEqualTo(kept(name, blueprint));
    }
    requireLogits(written(blueprint, subnet), name, which + ".logits");
  }

  @ParameterizedTest
  @ValueSource(strings = {"vit", "deit", "timm-vit"})
  void heads_and_neurons_that_are_cut_are_as_if_they_were_masked(String name) throws Exception {
    ImageBlueprint blueprint = blueprint(name);
    Kept units =
        new UnitSelection(blueprint, heard(name, ImportanceCriterion.ACTIVATION, 5))
            .of(new DecoderSizes(24, 28, 3, 3, 2));
    ImageTransformerModel cut = written(blueprint, new Subnet(units, List.of(0, 1)));

    try (NDManager manager = PyTorch.newManager();
        var scope = new NDScope();
        Weights whole = Weights.load(blueprint.model().directory(), blueprint.architecture());
        Weights left = Weights.load(cut.directory(), cut.architecture())) {
      scope.suppressNotUsedWarning();
      NDArray images = Golden.of(name).images(manager);
      Masks masks = Masks.of(whole.architecture(), units, whole.get(whole.names().get(0)));
      float[] masked = blueprint.network().forward(whole, images, masks).toFloatArray();
      float[] found = cut.network().forward(left, images, ForwardHooks.NONE).toFloatArray();
      assertThat(found).containsExactly(masked, within((float) TOLERANCE));
    }
  }

  @ParameterizedTest
  @CsvSource({"vit, LOSS", "timm-vit, LOSS", "vit, KL", "timm-vit, KL"})
  void candidates_are_scored_by_what_smaller_models_say(String name, SubnetMetric metric) {
    ImageBlueprint blueprint = blueprint(name);
    Kept units =
        new UnitSelection(blueprint, heard(name, ImportanceCriterion.CONTRIBUTION, 5)).of(NARROW);
    var images = new Batches(new GoldenImages(Golden.of(name)), 2);

    try (NDManager manager = PyTorch.newManager();
        var scope = new NDScope();
        var scoring = new ImageSubnetScoring(blueprint, images, metric, "0123456789abcdef", own)) {
      scope.suppressNotUsedWarning();
      NDArray said = read(manager, oracle(name), "scores", "both.logits");
      NDArray before = read(manager, Golden.of(name), "expected", "logits");
      NDArray labels = Golden.of(name).labels(manager);
      double wanted =
          metric == SubnetMetric.LOSS
              ? Losses.crossEntropy(said, labels).getFloat()
              : Losses.divergence(before, said).getFloat();

      assertThat(scoring.of("small", units, List.of(0))).isCloseTo(wanted, within(1e-5));
      assertThat(own).isDirectoryContaining("glob:**minitron-versions-*.json");
    }
  }

  private static NDArray read(NDManager manager, Golden golden, String file, String tensor) {
    double[] values = doubles(golden.read(file, tensor).bytes());
    float[] floats = new float[values.length];
    IntStream.range(0, floats.length).forEach(i -> floats[i] = (float) values[i]);
    return Tensors.of(manager, floats, floats.length / 3, 3);
  }

  private static Golden oracle(String name) {
    return Golden.of("scores/minitron-" + name);
  }

  private static ImageBlueprint blueprint(String name) {
    return ImageBlueprint.of(ImageTransformerModel.of(Golden.of(name).model()));
  }

  private ActivationScores heard(String name, ImportanceCriterion criterion, int batch) {
    var settings =
        new ActivationSettings(
            5, batch, ScoreAggregation.MEAN, ScoreAggregation.L2, criterion, 1 << 20, 1);
    return new ImageActivationMeasurement(
            blueprint(name), settings, new GoldenImages(Golden.of(name)))
        .measure(own, Progress.Listener.NONE);
  }

  private ImageTransformerModel written(ImageBlueprint blueprint, Subnet subnet) throws Exception {
    return (ImageTransformerModel)
        subnet.write(blueprint, Sharding.asBefore(), Files.createTempDirectory(own, "cut"));
  }

  private static void requireLogits(ImageTransformerModel model, String name, String tensor) {
    try (NDManager manager = PyTorch.newManager();
        var scope = new NDScope();
        Weights weights = Weights.load(model.directory(), model.architecture())) {
      scope.suppressNotUsedWarning();
      NDArray images = Golden.of(name).images(manager);
      NDArray found = model.network().forward(weights, images, ForwardHooks.NONE);
      Golden.assertClose(found, oracle(name).read("scores", tensor), TOLERANCE);
    }
  }

  private static Map<String, int[]> kept(String name, ImageBlueprint blueprint) {
    var kept = new LinkedHashMap<String, int[]>();
    kept.put("hidden", ints(name, "kept.hidden"));
    for (int layer = 0; layer < 2; layer++) {
      kept.put(blueprint.heads(layer).name(), ints(name, "kept.layer." + layer + ".heads"));
      Axis neurons = blueprint.neurons(layer);
      kept.put(neurons.name(), ints(name, "kept.layer." + layer + ".neurons"));
    }
    return kept;
  }

  private static int[] ints(String name, String tensor) {
    var stored = oracle(name).read("scores", tensor).bytes().order(ByteOrder.LITTLE_ENDIAN);
    var numbers = stored.asLongBuffer();
    return IntStream.range(0, numbers.remaining()).map(i -> (int) numbers.get(i)).toArray();
  }

  private static double[] doubles(Golden oracle, String tensor) {
    var stored = oracle.read("scores", tensor).bytes().order(ByteOrder.LITTLE_ENDIAN);
    var numbers = stored.asDoubleBuffer();
    return IntStream.range(0, numbers.remaining()).mapToDouble(numbers::get).toArray();
  }

  private static double[] doubles(ByteBuffer stored) {
    var numbers = stored.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    return IntStream.range(0, numbers.remaining()).mapToDouble(numbers::get).toArray();
  }

  private static void requireClose(double[] found, double[] wanted) {
    double largest = DoubleStream.of(wanted).max().orElseThrow();
    assertThat(found).containsExactly(wanted, within(1e-5 * largest));
  }
}
