package io.espalier.worker.algorithm.fastnas;

import io.espalier.worker.algorithm.evaluate.BatchNormCalibration;
import io.espalier.worker.algorithm.evaluate.Evaluation;
import io.espalier.worker.algorithm.evaluate.Judgement;
import io.espalier.worker.algorithm.fastnas.FastNasSettings.Score;
import io.espalier.worker.algorithm.importance.Importance;
import io.espalier.worker.algorithm.prune.ChannelOrder;
import io.espalier.worker.algorithm.reconstruct.ReconstructionMode;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.Objective;
import io.espalier.worker.algorithm.search.SearchSpace.Choices;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.surgery.Surgery;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.data.ImageDatasets;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import io.espalier.worker.zoo.RandomModel;
import io.espalier.worker.zoo.Zoo;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * Cost of measuring sensitivity with and without reuse of what lies in front of a cut, and of
 * another budget when the scores are known.
 *
 * <p>Run with the test class path; {@code integration-tests/benchmark sensitivity} does.
 */
public final class SensitivityBenchmark {
  private static final int IMAGES = 512;
  private static final long SEED = 1;

  private SensitivityBenchmark() {}

  /** Prints machine, load, times, ratios and the largest difference of scores. */
  public static void main(String[] arguments) throws IOException {
    Path folder = Files.createTempDirectory("sensitivity-benchmark");
    try {
      print("machine: %s; load %s", PyTorch.device(), load());
      Zoo.writeShapes(folder.resolve("data"), 4_000, 2_000, 20);
      Zoo.writeModel("cifar_resnet20", folder.resolve("cifar_resnet20"));
      Zoo.writeRandomModel(RandomModel.of("cifar_resnet56", 20), folder.resolve("cifar_resnet56"));
      for (String model : new String[] {"cifar_resnet20", "cifar_resnet56"}) {
        compare(folder, model, 1024);
        compare(folder, model, 0);
      }
      retarget(folder, "cifar_resnet20");
      print("load at the end: %s", load());
    } finally {
      delete(folder);
    }
  }

  private static void compare(Path folder, String name, int mebibytes) {
    FastNasPlan plan = FastNasPlan.of(ModelDirectory.open(folder.resolve(name)), 16);
    ImageDataset images = images(folder, plan);
    Path checkpoints = folder.resolve("checkpoints-" + name + mebibytes);
    try (Weights weights = Weights.load(plan.model(), plan.architecture())) {
      long start = System.nanoTime();
      SensitivityMap map =
          fastNas(plan, images, mebibytes).measure(weights, checkpoints, Progress.Listener.NONE);
      double reused = seconds(start);
      start = System.nanoTime();
      // in the order in which the search draws them, since batches are part of the score
      SensitivityMap whole = withoutReuse(plan, weights, images.drawn(IMAGES, SEED), map);
      double plain = seconds(start);
      print(
          "%s, divisor 16, %d images, %d scores, %d MiB of activations in memory: with reuse %.1f"
              + " s, without %.1f s, ratio %.2f (wanted 0.55 at most); passes %.1f of %d; largest"
              + " difference of a loss %.1e; load %s",
          name,
          images.size(),
          map.evaluations(),
          mebibytes,
          reused,
          plain,
          reused / plain,
          map.passes(),
          map.evaluations(),
          difference(map, whole),
          load());
    }
  }

  /** The same scores, every one by whole passes. */
  private static SensitivityMap withoutReuse(
      FastNasPlan plan, Weights weights, ImageDataset images, SensitivityMap map) {
    var order = new ChannelOrder(plan.architecture(), map.order());
    SensitivityMeasurement.Score score =
        widths -> {
          try (Weights cut = weights.keep(order.kept(widths))) {
            BatchNormCalibration.recalibrate(plan.family(), cut, images, Evaluation.BATCH);
            return -Evaluation.quality(
                    plan.family(), cut, images, Evaluation.BATCH, Progress.Listener.NONE)
                .loss();
          }
        };
    double original = score.of(Widths.all());
    var entries = new LinkedHashMap<String, SensitivityMap.Entry>();
    for (Choices choices : plan.space().axes()) {
      var losses = new double[choices.widths().size()];
      SensitivityMap.Entry known = map.axes().get(choices.axis().name());
      for (int i = 0; known != null && i < known.evaluations(); i++) {
        losses[i] =
            original - score.of(new Widths(Map.of(choices.axis().name(), choices.widths().get(i))));
      }
      for (int i = losses.length - 2; i >= 0; i--) {
        losses[i] = Math.max(losses[i], losses[i + 1]);
      }
      entries.put(
          choices.axis().name(),
          new SensitivityMap.Entry(
              choices.widths(),
              java.util.Arrays.stream(losses).boxed().toList(),
              known == null ? 0 : known.evaluations(),
              0));
    }
    return new SensitivityMap("", map.order(), original, entries);
  }

  private static double difference(SensitivityMap one, SensitivityMap other) {
    double largest = Math.abs(one.originalScore() - other.originalScore());
    for (String axis : one.axes().keySet()) {
      var losses = one.axes().get(axis).losses();
      for (int i = 0; i < losses.size(); i++) {
        largest =
            Math.max(largest, Math.abs(losses.get(i) - other.axes().get(axis).losses().get(i)));
      }
    }
    return largest;
  }

  private static void retarget(Path folder, String name) {
    FastNasPlan plan = FastNasPlan.of(ModelDirectory.open(folder.resolve(name)), 8);
    ImageDataset images = images(folder, plan);
    Path checkpoints = folder.resolve("checkpoints-retarget");
    FastNas fastNas = fastNas(plan, images, 1024);
    try (Weights weights = Weights.load(plan.model(), plan.architecture())) {
      fastNas.measure(weights, checkpoints, Progress.Listener.NONE);
      for (int percent : new int[] {40, 60, 80}) {
        long start = System.nanoTime();
        SensitivityMap map = fastNas.measure(weights, checkpoints, Progress.Listener.NONE);
        var budget =
            Constraints.parse(Map.of("flops", percent + "%"))
                .budget(plan.costs().cost(Widths.all()));
        var selection = fastNas.select(map, plan.costs(), budget);
        Path output = folder.resolve("retargeted-" + percent);
        Surgery.cut(
            plan.model(), plan.architecture(), fastNas.kept(map, selection.widths()), output);
        double searched = seconds(start);
        Kept kept = fastNas.kept(map, selection.widths());
        new CutCompletion(
                settings(1024),
                images,
                weights,
                SensitivityBenchmark::unwanted,
                checkpoints,
                Progress.Listener.NONE)
            .complete(FastNasPlan.of(ModelDirectory.open(output), 1), kept);
        print(
            "%s, divisor 8, %d %% of FLOPs from stored scores: chosen and cut in %.2f s, with"
                + " BatchNorm calibrated in %.2f s (wanted 3 s at most)",
            name, percent, searched, seconds(start));
      }
    }
  }

  private static ImageDataset images(Path folder, FastNasPlan plan) {
    URI train = URI.create(folder.resolve("data").toUri() + "?split=train");
    return ImageDatasets.open(train, plan.input()).first(IMAGES);
  }

  private static FastNas fastNas(FastNasPlan plan, ImageDataset images, int mebibytes) {
    return new FastNas(plan, settings(mebibytes), images);
  }

  private static FastNasSettings settings(int mebibytes) {
    return new FastNasSettings(
        16,
        50,
        Evaluation.BATCH,
        IMAGES,
        Score.LOSS,
        FastNasSettings.ScoreAfter.CUT,
        Objective.SUM,
        Importance.CONSUMER_NORM,
        mebibytes,
        OptionalInt.empty(),
        ReconstructionMode.OFF,
        SEED);
  }

  private static Judgement unwanted(Weights plain) {
    throw new AssertionError("nothing is reconstructed, so no plain cut is measured beside it");
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) / 1e9;
  }

  private static String load() {
    return String.format(
        Locale.ROOT,
        "%.1f on %d cores",
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(),
        Runtime.getRuntime().availableProcessors());
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
