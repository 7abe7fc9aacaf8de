package io.espalier.worker.stage.distill;

import io.espalier.schemas.stage.StageDeclaration;
import io.espalier.worker.algorithm.evaluate.Evaluation;
import io.espalier.worker.algorithm.train.Augmentation;
import io.espalier.worker.algorithm.train.ImageObjective;
import io.espalier.worker.algorithm.train.Trainer;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.data.ImageDatasets;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.model.VisionModel;
import io.espalier.worker.stage.Stage;
import io.espalier.worker.stage.prune.PruneStage;
import io.espalier.worker.tensor.Weights;
import io.espalier.worker.zoo.Zoo;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/**
 * Gain of distillation behind reconstruction on the zoo's ResNet-20, beside plain fine-tuning with
 * the same steps, optimizer, learning rate and images. Results are in {@code docs/distill.md}.
 *
 * <p>Arguments: how many seeds (5 if not said), how many epochs over 10,000 images (2 if not said).
 */
public final class DistillationBenchmark {
  private static final int[] PERCENT = {60, 45, 35};

  private final Path folder;
  private final Path model;
  private final int epochs;
  private final URI train;
  private final URI test;

  private DistillationBenchmark(Path folder, int epochs) {
    this.folder = folder;
    this.model = folder.resolve("model");
    this.epochs = epochs;
    String data = folder.resolve("data").toUri().toString();
    this.train = URI.create(data + "?split=train");
    this.test = URI.create(data + "?split=test");
  }

  /** Prints a line per seed and budget. */
  public static void main(String[] arguments) throws IOException {
    int seeds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 5;
    int epochs = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 2;
    Path folder = Files.createTempDirectory("distillation-benchmark");
    Zoo.writeShapes(folder.resolve("data"), 10_000, 2_000, 20);
    Zoo.writeModel("cifar_resnet20", folder.resolve("model"));
    var benchmark = new DistillationBenchmark(folder, epochs);
    for (long seed = 1; seed <= seeds; seed++) {
      for (int percent : PERCENT) {
        benchmark.run(seed, percent);
      }
    }
  }

  private void run(long seed, int percent) throws IOException {
    Path pruned = folder.resolve("pruned-%d-%d".formatted(percent, seed));
    Path distilled = folder.resolve("distilled-%d-%d".formatted(percent, seed));
    StageReport cut =
        run(
            new PruneStage(),
            job(
                StageKind.PRUNE,
                model,
                pruned,
                "{\"algorithm\": \"fastnas\", \"constraints\": {\"flops\": \"%d%%\"}, \"channelDivisor\": 8}"
                    .formatted(percent),
                seed));
    StageReport learned =
        run(
            new DistillStage(),
            job(StageKind.DISTILL, pruned, distilled, "{\"epochs\": %d}".formatted(epochs), seed));
    System.out.println(
        String.format(
            Locale.ROOT,
            "seed %d, %d %% of FLOPs: original %.2f %%, plain cut %.2f %%, reconstructed %.2f %%,"
                + " fine-tuned %.2f %%, distilled %.2f %% (%s)",
            seed,
            percent,
            100 * accuracy(cut, "accuracy").before().orElseThrow(),
            100 * accuracy(cut, "accuracyAsCut").after().orElseThrow(),
            100 * accuracy(cut, "accuracy").after().orElseThrow(),
            100 * fineTuned(pruned, seed),
            100 * accuracy(learned, "accuracy").after().orElseThrow(),
            learned.change().get("chosen")));
  }

  /**
   * Accuracy after as many steps with labels and without a teacher, on the same share of images.
   */
  private double fineTuned(Path pruned, long seed) {
    VisionModel student = VisionModel.of(ModelDirectory.open(pruned));
    DistillSpec spec = DistillSpec.parse("{\"epochs\": %d}".formatted(epochs));
    ImageDataset all = ImageDatasets.open(train, student.input());
    ImageDataset learned = all.withoutDrawn(spec.heldOut(all.size()), seed);
    RecommendedSettings usual =
        RecommendedSettings.ofConvolutions(RecommendedSettings.parameters(student));
    try (Weights weights = Weights.load(student.directory(), student.architecture())) {
      new Trainer(spec.training(usual, seed))
          .train(
              weights,
              new ImageObjective(student.family(), learned, Augmentation.CIFAR, 0),
              Progress.Listener.NONE);
      return Evaluation.quality(
              student.family(),
              weights,
              ImageDatasets.open(test, student.input()),
              Evaluation.BATCH,
              Progress.Listener.NONE)
          .accuracy();
    }
  }

  private static StageReport run(Stage stage, StageJob job) throws IOException {
    Files.createDirectories(job.output());
    stage.check(job);
    return stage.run(job, Progress.Listener.NONE);
  }

  private StageJob job(StageKind kind, Path input, Path output, String spec, long seed) {
    return new StageJob(
            "benchmark",
            0,
            1,
            kind,
            spec,
            input,
            output,
            folder.resolve("checkpoints-" + output.getFileName()),
            Map.of("train", train, "calibration", train, "eval", test),
            seed)
        .with(Map.of(StageDeclaration.TEACHER, model));
  }

  private static Metric accuracy(StageReport report, String name) {
    return report.metrics().stream()
        .filter(metric -> metric.name().equals(name))
        .findFirst()
        .orElseThrow();
  }
}
