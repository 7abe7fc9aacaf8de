package io.espalier.worker.algorithm.fastnas;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import io.espalier.worker.algorithm.train.Augmentation;
import io.espalier.worker.algorithm.train.ImageObjective;
import io.espalier.worker.algorithm.train.LearningRate;
import io.espalier.worker.algorithm.train.ModelTraining;
import io.espalier.worker.algorithm.train.Trainer;
import io.espalier.worker.algorithm.train.TrainingSettings;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.data.ImageDatasets;
import io.espalier.worker.domain.InfeasibleException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.Reconstruction;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import io.espalier.worker.zoo.RandomModel;
import io.espalier.worker.zoo.Zoo;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Gain of reconstruction on networks that read images: accuracy as cut, with BatchNorm calibrated
 * and reconstructed, and of each after the same short fine-tuning. Seeds decide which images are
 * drawn. Results are in {@code docs/reconstruct.md}.
 *
 * <p>Run with the test class path; {@code integration-tests/benchmark reconstruction} does.
 * Arguments: how many seeds (5 if not said); {@code cifar_resnet20}, which ships trained (if not
 * said), or {@code resnet18}, {@code mobilenetv2} or {@code densenet}, small ones that are trained
 * first; the word {@code scored} for {@code scoreAfter: reconstruction}.
 */
public final class ReconstructionBenchmark {
  private static final int[] PERCENT = {80, 60, 45, 35};
  private static final int IMAGES = 512;
  private static final int TUNED = 1_280;
  private static final double LEARNING_RATE = 0.02;

  private static final String CUT = "cut";
  private static final String RECALIBRATED = "recalibrated";
  private static final String RECONSTRUCTED = "reconstructed";

  /** What is common to networks that are trained here. */
  private static final String COMMON =
      """
      "num_classes": 10, "input_size": [3, 64, 64], "crop_pct": 1.0, "interpolation": "bilinear",
      "mean": [0.4914, 0.4822, 0.4465], "std": [0.247, 0.2435, 0.2616]
      """;

  /**
   * A network.
   *
   * @param config its config.json; empty if it ships
   * @param epochs that it is trained for
   */
  private record Network(String name, Optional<String> config, int divisor, int epochs) {
    static Network of(String name) {
      return switch (name) {
        case "cifar_resnet20" -> new Network(name, Optional.empty(), 8, 0);
        case "resnet18" -> trained(name, "resnet18", "\"channels\": [16, 32, 64, 128]", 16);
        case "mobilenetv2" -> trained(name, "mobilenetv2_050", "", 32);
        case "densenet" ->
            trained(name, "densenet121", "\"growth_rate\": 12, \"block_config\": [2, 3, 3, 2]", 8);
        default -> throw new IllegalArgumentException("no network " + name);
      };
    }

    private static Network trained(
        String name, String architecture, String arguments, int divisor) {
      String config =
          "{\"architecture\": \"%s\", \"model_args\": {%s}, \"pretrained_cfg\": {%s}, %s}"
              .formatted(architecture, arguments, COMMON, COMMON);
      return new Network(name, Optional.of(config), divisor, 5);
    }

    void write(Path folder) throws IOException {
      Path model = folder.resolve("model");
      if (config.isEmpty()) {
        Zoo.writeModel(name, model);
        return;
      }
      var json = new ObjectMapper();
      var parsed = (ObjectNode) json.readTree(config.get());
      Path start = folder.resolve("start");
      for (Path directory : List.of(start, model)) {
        Files.createDirectories(directory);
        json.writeValue(directory.resolve("config.json").toFile(), parsed);
      }
      SafetensorsWriter.write(start.resolve("model.safetensors"), RandomModel.tensors(parsed, 11));
      ModelDirectory untrained = ModelDirectory.open(start);
      FastNasPlan plan = FastNasPlan.of(untrained, divisor);
      new ModelTraining(
              untrained,
              images(folder, "train", plan),
              images(folder, "test", plan),
              TrainingSettings.cifar(epochs, Evaluation.BATCH, 11))
          .run(model.resolve("model.safetensors"), Progress.Listener.NONE);
    }
  }

  private final Path folder;
  private final FastNasPlan plan;
  private final FastNasSettings.ScoreAfter scoreAfter;
  private final int divisor;
  private final ImageDataset train;
  private final ImageDataset test;
  private final Map<String, List<double[]>> results = new LinkedHashMap<>();

  private ReconstructionBenchmark(
      Path folder, Network network, FastNasSettings.ScoreAfter scoreAfter) {
    this.folder = folder;
    this.scoreAfter = scoreAfter;
    this.divisor = network.divisor();
    this.plan = FastNasPlan.of(ModelDirectory.open(folder.resolve("model")), divisor);
    this.train = images(folder, "train", plan);
    this.test = images(folder, "test", plan);
  }

  private static ImageDataset images(Path folder, String split, FastNasPlan plan) {
    URI data = folder.resolve("data").toUri();
    return ImageDatasets.open(URI.create(data + "?split=" + split), plan.input());
  }

  /** Prints lines for each seed and budget, and the means. */
  public static void main(String[] arguments) throws IOException {
    List<String> said = List.of(arguments);
    int seeds = said.isEmpty() ? 5 : Integer.parseInt(said.get(0));
    Network network = Network.of(said.size() > 1 ? said.get(1) : "cifar_resnet20");
    Path folder = Files.createTempDirectory("reconstruction-benchmark");
    Zoo.writeShapes(folder.resolve("data"), 10_000, 2_000, 20);
    network.write(folder);
    var benchmark =
        new ReconstructionBenchmark(
            folder,
            network,
            said.contains("scored")
                ? FastNasSettings.ScoreAfter.RECONSTRUCTION
                : FastNasSettings.ScoreAfter.CUT);
    benchmark.run(network, seeds);
  }

  private void run(Network network, int seeds) {
    print(
        "%s; %s, divisor %d, scored after %s; accuracy on %d test images, and after %d images of"
            + " fine-tuning",
        PyTorch.device(), network.name(), divisor, scoreAfter, test.size(), TUNED);
    try (Weights original = Weights.load(plan.model(), plan.architecture())) {
      print("original: %.2f %%", 100 * accuracy(original));
      for (long seed = 1; seed <= seeds; seed++) {
        run(original, seed);
      }
    }
    results.forEach(
        (name, all) ->
            print(
                "mean of %d seeds, %s: %.2f / %.2f %%",
                all.size(), name, mean(all, 0), mean(all, 1)));
  }

  private static double mean(List<double[]> all, int which) {
    return 100 * all.stream().mapToDouble(each -> each[which]).average().orElseThrow();
  }

  private void run(Weights original, long seed) {
    var fastNas = new FastNas(plan, settings(seed), train);
    SensitivityMap map =
        fastNas.measure(original, folder.resolve("scores"), Progress.Listener.NONE);
    for (int percent : PERCENT) {
      try {
        Budget budget =
            Constraints.parse(Map.of("flops", percent + "%"))
                .budget(plan.costs().cost(Widths.all()));
        Kept kept = fastNas.kept(map, fastNas.select(map, plan.costs(), budget).widths());
        compare(original, kept, percent, seed);
      } catch (InfeasibleException e) {
        print("seed %d, %d %% of FLOPs: %s", seed, percent, e.getMessage());
      }
    }
  }

  private void compare(Weights original, Kept kept, int percent, long seed) {
    try (Weights cut = original.keep(kept);
        Weights plain = original.keep(kept)) {
      note(CUT, percent, seed, plain);
      var versions = new Measured(train.drawn(IMAGES, seed), percent, seed);
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
          "seed %d, %d %%: out goes '%s'; %.1f s, of which %.1f s calibrate BatchNorm twice",
          seed, percent, done.chosen().name(), seconds, versions.calibrating);
    }
  }

  /** Measures a version as it is and after fine-tuning; the version stays as it is. */
  private void note(String name, int percent, long seed, Weights version) {
    double before = accuracy(version);
    double after;
    try (Weights tuned = version.keep(Kept.all())) {
      TrainingSettings settings =
          TrainingSettings.cifar(1, Evaluation.BATCH, seed)
              .with(new LearningRate(LearningRate.Schedule.COSINE, LEARNING_RATE, 0));
      new Trainer(settings)
          .train(
              tuned,
              new ImageObjective(plan.family(), train.drawn(TUNED, seed), Augmentation.CIFAR, 0),
              Progress.Listener.NONE);
      after = accuracy(tuned);
    }
    print("seed %d, %d %%, %s: %.2f / %.2f %%", seed, percent, name, 100 * before, 100 * after);
    results
        .computeIfAbsent("%d %% of FLOPs, %s".formatted(percent, name), any -> new ArrayList<>())
        .add(new double[] {before, after});
  }

  /** Measures versions on their way. */
  private final class Measured implements VisionReconstruction.Versions {
    private final ImageDataset images;
    private final int percent;
    private final long seed;
    private double calibrating;
    private double measuring;

    Measured(ImageDataset images, int percent, long seed) {
      this.images = images;
      this.percent = percent;
      this.seed = seed;
    }

    @Override
    public void calibrate(Weights version) {
      long start = System.nanoTime();
      BatchNormCalibration.recalibrate(plan.family(), version, images, Evaluation.BATCH);
      calibrating += (System.nanoTime() - start) / 1e9;
    }

    @Override
    public void look(Weights cut) {
      note(RECALIBRATED, cut);
    }

    @Override
    public void write(Weights version, Reconstruction done) {
      note(RECONSTRUCTED, version);
    }

    private void note(String name, Weights version) {
      long start = System.nanoTime();
      ReconstructionBenchmark.this.note(name, percent, seed, version);
      measuring += (System.nanoTime() - start) / 1e9;
    }
  }

  private double accuracy(Weights weights) {
    return Evaluation.quality(
            plan.family(), weights, test, Evaluation.BATCH, Progress.Listener.NONE)
        .accuracy();
  }

  private FastNasSettings settings(long seed) {
    return new FastNasSettings(
        divisor,
        IMAGES / Evaluation.BATCH,
        Evaluation.BATCH,
        IMAGES,
        FastNasSettings.Score.LOSS,
        scoreAfter,
        Objective.SUM,
        Importance.CONSUMER_NORM,
        1024,
        OptionalInt.empty(),
        ReconstructionMode.AUTO,
        seed);
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
