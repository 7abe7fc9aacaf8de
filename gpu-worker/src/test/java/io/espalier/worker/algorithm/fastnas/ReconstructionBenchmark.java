package io.espalier.worker.algorithm.fastnas;

import io.espalier.worker.algorithm.evaluate.BatchNormCalibration;
import io.espalier.worker.algorithm.evaluate.Batches;
import io.espalier.worker.algorithm.evaluate.Evaluation;
import io.espalier.worker.algorithm.importance.Importance;
import io.espalier.worker.algorithm.reconstruct.ReconstructionMode;
import io.espalier.worker.algorithm.reconstruct.VisionReconstruction;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.Objective;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.data.ImageDatasets;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.Reconstruction;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.tensor.Weights;
import io.espalier.worker.zoo.Zoo;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/**
 * Gain of reconstruction on the zoo's ResNet-20: accuracy of the plain cut and of what goes out,
 * over seeds that decide which images are drawn. Results are in {@code docs/reconstruct.md}.
 *
 * <p>Arguments: how many seeds (3 if not said).
 */
public final class ReconstructionBenchmark {
  private static final int[] PERCENT = {80, 60, 45, 35};
  private static final int IMAGES = 512;

  private final Path folder;
  private final FastNasPlan plan;
  private final ImageDataset train;
  private final ImageDataset test;

  private ReconstructionBenchmark(Path folder) {
    this.folder = folder;
    this.plan = FastNasPlan.of(ModelDirectory.open(folder.resolve("model")), 8);
    URI data = folder.resolve("data").toUri();
    this.train = ImageDatasets.open(URI.create(data + "?split=train"), plan.input());
    this.test = ImageDatasets.open(URI.create(data + "?split=test"), plan.input());
  }

  /** Prints a line per seed and budget. */
  public static void main(String[] arguments) throws IOException {
    int seeds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 3;
    Path folder = Files.createTempDirectory("reconstruction-benchmark");
    Zoo.writeShapes(folder.resolve("data"), 10_000, 2_000, 20);
    Zoo.writeModel("cifar_resnet20", folder.resolve("model"));
    var benchmark = new ReconstructionBenchmark(folder);
    try (Weights original = Weights.load(benchmark.plan.model(), benchmark.plan.architecture())) {
      print("original: %.2f %%", 100 * benchmark.accuracy(original));
      for (long seed = 1; seed <= seeds; seed++) {
        benchmark.run(original, seed);
      }
    }
  }

  private void run(Weights original, long seed) {
    var fastNas = new FastNas(plan, settings(seed), train);
    SensitivityMap map =
        fastNas.measure(original, folder.resolve("scores"), Progress.Listener.NONE);
    for (int percent : PERCENT) {
      Budget budget =
          Constraints.parse(Map.of("flops", percent + "%")).budget(plan.costs().cost(Widths.all()));
      Kept kept = fastNas.kept(map, fastNas.select(map, plan.costs(), budget).widths());
      try (Weights cut = original.keep(kept)) {
        var versions = new Measured(train.drawn(IMAGES, seed));
        long start = System.nanoTime();
        Reconstruction done =
            new VisionReconstruction(
                    plan.family(),
                    original,
                    kept,
                    new Batches(versions.images, Evaluation.BATCH),
                    seed,
                    Progress.Listener.NONE)
                .run(cut, new VisionReconstruction.Storage(1L << 30, folder), versions);
        double seconds = (System.nanoTime() - start) / 1e9 - versions.measuring;
        print(
            "seed %d, %d %% of FLOPs: plain cut %.2f %%, goes out %.2f %% (%s); %.1f s, of which"
                + " %.1f s calibrate BatchNorm twice",
            seed,
            percent,
            100 * versions.plain,
            100 * versions.chosen,
            done.chosen().name(),
            seconds,
            versions.calibrating);
      }
    }
  }

  /** Measures versions on their way. */
  private final class Measured implements VisionReconstruction.Versions {
    private final ImageDataset images;
    private double plain;
    private double chosen;
    private double calibrating;
    private double measuring;

    Measured(ImageDataset images) {
      this.images = images;
    }

    @Override
    public void calibrate(Weights version) {
      long start = System.nanoTime();
      BatchNormCalibration.recalibrate(plan.family(), version, images, Evaluation.BATCH);
      calibrating += (System.nanoTime() - start) / 1e9;
    }

    @Override
    public void look(Weights cut) {
      plain = timed(cut);
    }

    @Override
    public void write(Weights version, Reconstruction done) {
      chosen = timed(version);
    }

    private double timed(Weights version) {
      long start = System.nanoTime();
      double accuracy = accuracy(version);
      measuring += (System.nanoTime() - start) / 1e9;
      return accuracy;
    }
  }

  private double accuracy(Weights weights) {
    return Evaluation.quality(
            plan.family(), weights, test, Evaluation.BATCH, Progress.Listener.NONE)
        .accuracy();
  }

  private static FastNasSettings settings(long seed) {
    return new FastNasSettings(
        8,
        IMAGES / Evaluation.BATCH,
        Evaluation.BATCH,
        IMAGES,
        FastNasSettings.Score.LOSS,
        FastNasSettings.ScoreAfter.CUT,
        Objective.SUM,
        Importance.CONSUMER_NORM,
        1024,
        ReconstructionMode.AUTO,
        seed);
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
