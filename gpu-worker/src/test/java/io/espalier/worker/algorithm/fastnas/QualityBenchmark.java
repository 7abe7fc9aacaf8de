package io.espalier.worker.algorithm.fastnas;

import io.espalier.worker.algorithm.evaluate.BatchNormCalibration;
import io.espalier.worker.algorithm.evaluate.Evaluation;
import io.espalier.worker.algorithm.fastnas.FastNasSettings.Score;
import io.espalier.worker.algorithm.importance.Importance;
import io.espalier.worker.algorithm.reconstruct.ReconstructionMode;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.Objective;
import io.espalier.worker.algorithm.search.Selection;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.algorithm.train.Augmentation;
import io.espalier.worker.algorithm.train.ImageObjective;
import io.espalier.worker.algorithm.train.LearningRate;
import io.espalier.worker.algorithm.train.Trainer;
import io.espalier.worker.algorithm.train.TrainingSettings;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.data.ImageDatasets;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import io.espalier.worker.zoo.Zoo;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * Accuracy of the demo's ResNet-20 after FastNAS, by objective and budget, before and after the
 * same short fine-tuning; five seeds, which decide on the images that are scored, calibrated and
 * trained on.
 *
 * <p>Run with the test class path; {@code integration-tests/benchmark quality} does. Argument:
 * number of seeds (5).
 */
public final class QualityBenchmark {
  private static final int DIVISOR = 8;
  private static final int[] PERCENT = {40, 60, 80};
  private static final int SCORED = 512;
  private static final int CALIBRATION_BATCHES = 20;
  private static final int TRAINED = 3_840;
  private static final double LEARNING_RATE = 0.02;

  /** Accuracies of one model. */
  private record Accuracy(double before, double after) {}

  /** Accuracies of all seeds, added up. */
  private static final class Mean {
    private double before;
    private double after;
    private int count;

    void add(Accuracy accuracy) {
      before += accuracy.before();
      after += accuracy.after();
      count++;
    }

    @Override
    public String toString() {
      return "%.2f / %.2f %%".formatted(100 * before / count, 100 * after / count);
    }
  }

  private final Path folder;
  private final FastNasPlan plan;
  private final ImageDataset train;
  private final ImageDataset test;

  private QualityBenchmark(Path folder) {
    this.folder = folder;
    this.plan = FastNasPlan.of(ModelDirectory.open(folder.resolve("model")), DIVISOR);
    URI data = folder.resolve("data").toUri();
    this.train = ImageDatasets.open(URI.create(data + "?split=train"), plan.input());
    this.test = ImageDatasets.open(URI.create(data + "?split=test"), plan.input());
  }

  /** Prints a line per seed and budget, and the means. */
  public static void main(String[] arguments) throws IOException {
    int seeds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 5;
    Path folder = Files.createTempDirectory("quality-benchmark");
    try {
      Zoo.writeShapes(folder.resolve("data"), 10_000, 2_000, 20);
      Zoo.writeModel("cifar_resnet20", folder.resolve("model"));
      new QualityBenchmark(folder).run(seeds);
    } finally {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private void run(int seeds) {
    print(
        "%s; accuracy on %d test images, right after pruning / after %d images of fine-tuning",
        PyTorch.device(), test.size(), TRAINED);
    Map<Integer, Map<Objective, Mean>> means = new HashMap<>();
    try (Weights original = Weights.load(plan.model(), plan.architecture())) {
      print("original: %.2f %%", 100 * accuracy(original));
      for (long seed = 1; seed <= seeds; seed++) {
        for (int percent : PERCENT) {
          Map<Objective, Mean> mean =
              means.computeIfAbsent(percent, any -> new EnumMap<>(Objective.class));
          compare(original, seed, percent, mean);
        }
      }
    }
    for (int percent : PERCENT) {
      print("mean of %d seeds, %d %% of FLOPs: %s", seeds, percent, means.get(percent));
    }
  }

  private void compare(Weights original, long seed, int percent, Map<Objective, Mean> means) {
    Map<Widths, Accuracy> known = new HashMap<>(); // both objectives may choose the same
    Budget budget =
        Constraints.parse(Map.of("flops", percent + "%")).budget(plan.costs().cost(Widths.all()));
    for (Objective objective : Objective.values()) {
      var fastNas = new FastNas(plan, settings(objective, seed), train);
      SensitivityMap map =
          fastNas.measure(original, folder.resolve("scores"), Progress.Listener.NONE);
      Selection chosen = fastNas.select(map, plan.costs(), budget);
      Accuracy accuracy =
          known.computeIfAbsent(
              chosen.widths(),
              widths -> {
                try (Weights cut = original.keep(fastNas.kept(map, widths))) {
                  return measure(cut, seed);
                }
              });
      print(
          "seed %d, %d %% of FLOPs, %s: %.2f %% / %.2f %%; foretold losses %.4f in all, %.4f the"
              + " largest; %.1f %% of FLOPs",
          seed,
          percent,
          objective.key(),
          100 * accuracy.before(),
          100 * accuracy.after(),
          chosen.totalLoss(),
          chosen.largestLoss(),
          100.0 * chosen.cost().flops() / plan.costs().cost(Widths.all()).flops());
      means.computeIfAbsent(objective, any -> new Mean()).add(accuracy);
    }
  }

  private Accuracy measure(Weights cut, long seed) {
    BatchNormCalibration.recalibrate(
        plan.family(),
        cut,
        train.drawn(CALIBRATION_BATCHES * Evaluation.BATCH, seed),
        Evaluation.BATCH);
    double before = accuracy(cut);
    TrainingSettings settings =
        TrainingSettings.cifar(1, Evaluation.BATCH, seed)
            .with(new LearningRate(LearningRate.Schedule.COSINE, LEARNING_RATE, 0));
    new Trainer(settings)
        .train(
            cut,
            new ImageObjective(plan.family(), train.drawn(TRAINED, seed), Augmentation.CIFAR, 0),
            Progress.Listener.NONE);
    return new Accuracy(before, accuracy(cut));
  }

  private double accuracy(Weights weights) {
    return Evaluation.quality(
            plan.family(), weights, test, Evaluation.BATCH, Progress.Listener.NONE)
        .accuracy();
  }

  private static FastNasSettings settings(Objective objective, long seed) {
    return new FastNasSettings(
        DIVISOR,
        CALIBRATION_BATCHES,
        Evaluation.BATCH,
        SCORED,
        Score.LOSS,
        FastNasSettings.ScoreAfter.CUT,
        objective,
        Importance.CONSUMER_NORM,
        1024,
        OptionalInt.empty(),
        ReconstructionMode.OFF,
        seed);
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
