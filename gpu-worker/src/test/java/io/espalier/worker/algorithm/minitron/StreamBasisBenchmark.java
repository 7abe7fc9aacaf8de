package io.espalier.worker.algorithm.minitron;

import io.espalier.worker.algorithm.evaluate.TextEvaluation;
import io.espalier.worker.algorithm.minitron.cut.Subnet;
import io.espalier.worker.algorithm.minitron.measure.ActivationMeasurement;
import io.espalier.worker.algorithm.minitron.measure.ActivationScores;
import io.espalier.worker.algorithm.minitron.measure.ActivationSettings;
import io.espalier.worker.algorithm.minitron.measure.ImportanceCriterion;
import io.espalier.worker.algorithm.minitron.measure.ScoreAggregation;
import io.espalier.worker.algorithm.minitron.measure.UnitSelection;
import io.espalier.worker.algorithm.minitron.reconstruct.DecoderReconstruction;
import io.espalier.worker.algorithm.minitron.rotate.RotatedModel;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.algorithm.minitron.size.DecoderDimension;
import io.espalier.worker.algorithm.minitron.size.DecoderSizes;
import io.espalier.worker.algorithm.minitron.size.SizeDivisors;
import io.espalier.worker.algorithm.minitron.size.TargetSizes;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.surgery.Sharding;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.text.TextDatasets;
import io.espalier.worker.data.text.TextSettings;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import io.espalier.worker.zoo.DemoText;
import io.espalier.worker.zoo.DrawnText;
import io.espalier.worker.zoo.Zoo;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Compares what a narrower stream keeps of the zoo's Llama that was trained on its tales: channels,
 * or principal directions. Only the hidden size is cut; losses are over the floor that no model
 * gets below, right after the cut and once the layers behind it are solved for, without training.
 */
public final class StreamBasisBenchmark {
  private static final int[] SIZES = {56, 48, 40, 32};
  private static final List<String> COLUMNS =
      List.of("channels", "channels reconstructed", "rotation", "rotation reconstructed");
  private static final int BATCHES = 32;
  private static final int BATCH_SIZE = 8;
  private static final long STATE_BYTES = 1L << 30;

  private final Path folder;
  private final DecoderBlueprint blueprint;
  private final TextDataset train;
  private final TextDataset test;
  private final double floor;

  private StreamBasisBenchmark(Path folder) {
    this.folder = folder;
    this.blueprint =
        DecoderBlueprint.of(TextModel.of(ModelDirectory.open(folder.resolve("model"))));
    this.train = texts("train");
    this.test = texts("test");
    this.floor = DrawnText.floorOfTales(DemoText.TALES.data().test(), DemoText.TALES.data().seed());
  }

  private TextDataset texts(String split) {
    return TextDatasets.open(
        URI.create(folder.resolve("data").toUri() + "?split=" + split),
        blueprint.network().input(),
        blueprint.model().directory().path(),
        TextSettings.USUAL);
  }

  /**
   * Prints a line for each size, and the means of all seeds.
   *
   * @param arguments number of seeds; a directory that an earlier run of this benchmark or of that
   *     of sizes has left, without which a model is trained first
   */
  public static void main(String[] arguments) throws IOException {
    int seeds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 5;
    Path folder =
        arguments.length > 1
            ? Path.of(arguments[1])
            : Files.createTempDirectory("stream-basis-benchmark");
    if (arguments.length < 2) {
      Zoo.train(DemoText.TALES, folder, Progress.Listener.NONE);
    }
    new StreamBasisBenchmark(folder).run(seeds);
  }

  private void run(int seeds) throws IOException {
    print("%s; floor %.4f nats per token; losses are over it", PyTorch.device(), floor);
    print("original: %.4f, %s", loss(blueprint.model()), blueprint.sizes());
    double[][] sums = new double[SIZES.length][COLUMNS.size()];
    for (long seed = 1; seed <= seeds; seed++) {
      double[][] found = compare(seed);
      for (int i = 0; i < SIZES.length; i++) {
        print("seed %d, hidden %d: %s", seed, SIZES[i], words(found[i], 1));
        for (int k = 0; k < COLUMNS.size(); k++) {
          sums[i][k] += found[i][k];
        }
      }
    }
    for (int i = 0; i < SIZES.length; i++) {
      print("mean of %d seeds, hidden %d: %s", seeds, SIZES[i], words(sums[i], seeds));
    }
  }

  private static String words(double[] sums, int seeds) {
    return IntStream.range(0, sums.length)
        .mapToObj(k -> String.format(Locale.ROOT, "%s %.4f", COLUMNS.get(k), sums[k] / seeds))
        .collect(Collectors.joining(", "));
  }

  private double[][] compare(long seed) throws IOException {
    Path scores = Files.createTempDirectory(folder, "scores");
    var settings =
        new ActivationSettings(
            BATCHES,
            BATCH_SIZE,
            ScoreAggregation.MEAN,
            ScoreAggregation.L2,
            ImportanceCriterion.CONTRIBUTION,
            STATE_BYTES,
            seed);
    var heard = new ActivationMeasurement(blueprint, settings, train);
    ActivationScores channels = heard.measure(scores, Progress.Listener.NONE);
    double[][] losses = new double[SIZES.length][];
    try (RotatedModel rotated =
        RotatedModel.of(
            blueprint,
            settings,
            heard.texts(),
            train.fingerprint(),
            scores,
            Progress.Listener.NONE)) {
      ActivationScores directions =
          new ActivationMeasurement(rotated.blueprint(), settings, train)
              .measure(scores, Progress.Listener.NONE);
      DecoderBlueprint known = rotated.blueprint().in(directions.basis(rotated.blueprint()));
      for (int i = 0; i < SIZES.length; i++) {
        losses[i] =
            DoubleStream.concat(
                    losses(blueprint, channels, SIZES[i], settings),
                    losses(known, directions, SIZES[i], settings))
                .toArray();
      }
    }
    return losses;
  }

  /** Losses of a model with a narrower stream: as it was cut, and solved for. */
  private DoubleStream losses(
      DecoderBlueprint model, ActivationScores scores, int hidden, ActivationSettings settings)
      throws IOException {
    SizeDivisors divisors = SizeDivisors.of(Map.of());
    DecoderSizes sizes =
        new TargetSizes(Map.of(DecoderDimension.HIDDEN, hidden)).of(model, divisors, true);
    var subnet =
        new Subnet(
            new UnitSelection(model, scores).of(sizes),
            IntStream.range(0, sizes.layers()).boxed().toList());
    Path place = Files.createTempDirectory(folder, "cut");
    var cut = (TextModel) subnet.write(model, Sharding.asBefore(), place);
    double plain = loss(cut);
    new DecoderReconstruction(model, subnet, train, settings)
        .run(cut.directory(), folder.resolve("solved"), Progress.Listener.NONE);
    return DoubleStream.of(plain, loss(cut));
  }

  /** Measures over the floor. */
  private double loss(TextModel model) {
    try (Weights weights = Weights.load(model.directory(), model.architecture())) {
      return TextEvaluation.tally(model.network(), weights, test, 32, Progress.Listener.NONE).loss()
          - floor;
    }
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
