package io.espalier.worker.stage.distill;

import io.espalier.schemas.stage.StageDeclaration;
import io.espalier.worker.algorithm.evaluate.Evaluation;
import io.espalier.worker.algorithm.evaluate.Measure;
import io.espalier.worker.algorithm.evaluate.TextEvaluation;
import io.espalier.worker.algorithm.evaluate.TextMetrics;
import io.espalier.worker.algorithm.train.Augmentation;
import io.espalier.worker.algorithm.train.ImageObjective;
import io.espalier.worker.algorithm.train.Objective;
import io.espalier.worker.algorithm.train.TextObjective;
import io.espalier.worker.algorithm.train.Trainer;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.data.ImageDatasets;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.text.TextDatasets;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.VisionModel;
import io.espalier.worker.stage.Stage;
import io.espalier.worker.stage.prune.PruneStage;
import io.espalier.worker.tensor.Weights;
import io.espalier.worker.zoo.DemoText;
import io.espalier.worker.zoo.DrawnText;
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

/**
 * Gain of distillation behind reconstruction on a model of the zoo, beside plain fine-tuning with
 * the same steps, optimizer, learning rate and samples. Results are in {@code docs/distill.md}.
 *
 * <p>Arguments: how many seeds (5 if not said); the model, {@code cifar_resnet20} (if not said),
 * {@code modelopt} (the same at the widths that ModelOpt chose), {@code bert} or {@code llama}; how
 * many epochs (2 if not said); a folder with a trained Llama and its texts, without which one is
 * trained; more settings of the distillation as fields of JSON, without braces.
 */
public final class DistillationBenchmark {
  /**
   * A model of the zoo.
   *
   * @param metric what it is judged by
   * @param factor what the metric is printed times
   * @param cuts settings of the prunings, by their names
   * @param maxLength tokens of the longest sequence; 0 for images
   */
  private record Subject(String metric, double factor, Map<String, String> cuts, int maxLength) {
    static Subject of(String name) {
      var cuts = new LinkedHashMap<String, String>();
      switch (name) {
        case "cifar_resnet20" -> {
          for (int percent : new int[] {60, 45, 35}) {
            cuts.put(
                percent + " % of FLOPs",
                "\"algorithm\": \"fastnas\", \"constraints\": {\"flops\": \"%d%%\"}, \"channelDivisor\": 8"
                    .formatted(percent));
          }
          return new Subject("accuracy", 100, cuts, 0);
        }
        case "modelopt" -> {
          cuts.put("80 %, ModelOpt's widths", widths(63_408_000, 8, 16, 8, 24, 32, 32, 48, 56, 40));
          cuts.put("60 %, ModelOpt's widths", widths(48_073_000, 8, 8, 8, 16, 24, 24, 32, 56, 24));
          return new Subject("accuracy", 100, cuts, 0);
        }
        case "bert" -> {
          for (int percent : new int[] {50, 35, 25}) {
            cuts.put(
                percent + " % of FLOPs",
                "\"algorithm\": \"gradnas\", \"constraints\": {\"flops\": \"%d%%\"}"
                    .formatted(percent));
          }
          return new Subject("f1", 100, cuts, 0);
        }
        case "llama" -> {
          cuts.put("hidden 32", "\"algorithm\": \"minitron\", \"export\": {\"hidden_size\": 32}");
          cuts.put("3 layers", "\"algorithm\": \"minitron\", \"export\": {\"num_layers\": 3}");
          cuts.put(
              "50 % of parameters",
              "\"algorithm\": \"minitron\", \"constraints\": {\"parameters\": \"50%\"}");
          return new Subject("loss", 1, cuts, 64);
        }
        default -> throw new IllegalArgumentException("no model " + name);
      }
    }

    /**
     * Widths that ModelOpt 0.40 chose for the same network, divisor and data, of the first
     * convolution of each block; BatchNorm is calibrated, and nothing solved for.
     */
    private static String widths(int flops, int... chosen) {
      var rules = new ArrayList<String>(List.of("{\"match\": \"*\", \"exclude\": true}"));
      for (int i = 0; i < chosen.length; i++) {
        double ratio = (double) chosen[i] / (16 << (i / 3));
        if (ratio < 1) {
          rules.add(
              "{\"match\": \"layer%d.%d.conv1\", \"exclude\": false, \"ratios\": [%s]}"
                  .formatted(i / 3 + 1, i % 3, ratio));
        }
      }
      return "\"algorithm\": \"fastnas\", \"constraints\": {\"flops\": %d}, \"channelDivisor\": 8, \"reconstruct\": \"off\", \"layers\": %s"
          .formatted(flops, rules);
    }

    private String length() {
      return maxLength == 0 ? "" : ", \"maxLength\": " + maxLength;
    }
  }

  private final Path folder;
  private final Path model;
  private final Subject subject;
  private final String learning;
  private final URI train;
  private final URI test;
  private final Map<String, List<double[]>> results = new LinkedHashMap<>();

  private DistillationBenchmark(Path folder, Path data, Subject subject, String learning) {
    this.folder = folder;
    this.model = data.resolve("model");
    this.subject = subject;
    this.learning = learning;
    String uri = data.resolve("data").toUri().toString();
    this.train = URI.create(uri + "?split=train");
    this.test = URI.create(uri + "?split=test");
  }

  /** Prints a line per seed and cut, and the means. */
  public static void main(String[] arguments) throws IOException {
    List<String> said = List.of(arguments);
    int seeds = said.isEmpty() ? 5 : Integer.parseInt(said.get(0));
    String name = said.size() > 1 ? said.get(1) : "cifar_resnet20";
    double epochs = said.size() > 2 ? Double.parseDouble(said.get(2)) : 2;
    Path folder = Files.createTempDirectory("distillation-benchmark");
    Path data = said.size() > 3 && !said.get(3).isEmpty() ? Path.of(said.get(3)) : folder;
    if (data.equals(folder)) {
      write(name, folder);
    }
    Subject subject = Subject.of(name);
    String learning =
        "{\"epochs\": %s%s%s}"
            .formatted(epochs, subject.length(), said.size() > 4 ? ", " + said.get(4) : "");
    print("%s, %s", name, learning);
    var benchmark = new DistillationBenchmark(folder, data, subject, learning);
    for (long seed = 1; seed <= seeds; seed++) {
      for (Map.Entry<String, String> cut : subject.cuts().entrySet()) {
        benchmark.run(seed, cut.getKey(), cut.getValue());
      }
    }
    benchmark.printMeans();
  }

  private static void write(String name, Path folder) throws IOException {
    switch (name) {
      case "bert" -> {
        Zoo.writeTexts(DrawnText.QUESTIONS, folder.resolve("data"), 5_000, 1_000, 21);
        Zoo.writeModel("bert_tiny_questions", folder.resolve("model"));
      }
      case "llama" -> Zoo.train(DemoText.TALES, folder, Progress.Listener.NONE);
      default -> {
        Zoo.writeShapes(folder.resolve("data"), 10_000, 2_000, 20);
        Zoo.writeModel("cifar_resnet20", folder.resolve("model"));
      }
    }
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }

  private void printMeans() {
    results.forEach(
        (cut, all) -> {
          double[] means = new double[5];
          for (double[] each : all) {
            for (int i = 0; i < means.length; i++) {
              means[i] += each[i] / all.size();
            }
          }
          print("mean of %d seeds, %s: %s", all.size(), cut, words(means));
        });
  }

  private String words(double[] values) {
    String digits = subject.factor() == 1 ? "%.4f" : "%.2f";
    return String.format(
        Locale.ROOT,
        "%2$s: original %1$s, plain cut %1$s, reconstructed %1$s, fine-tuned %1$s, distilled %1$s"
            .formatted(digits, subject.metric()),
        values[0],
        values[1],
        values[2],
        values[3],
        values[4]);
  }

  private void run(long seed, String name, String cutting) throws IOException {
    Path pruned = Files.createTempDirectory(folder, "pruned");
    Path distilled = Files.createTempDirectory(folder, "distilled");
    String spec = "{%s%s}".formatted(cutting, subject.length());
    StageReport cut = run(new PruneStage(), job(StageKind.PRUNE, model, pruned, spec, seed));
    StageReport learned =
        run(new DistillStage(), job(StageKind.DISTILL, pruned, distilled, learning, seed));
    String metric = subject.metric();
    double[] values = {
      metric(cut, metric).before().orElseThrow(),
      found(cut, Measure.asCut(metric)).orElse(metric(cut, metric)).after().orElseThrow(),
      metric(cut, metric).after().orElseThrow(),
      fineTuned(pruned, seed),
      metric(learned, metric).after().orElseThrow()
    };
    for (int i = 0; i < values.length; i++) {
      values[i] *= subject.factor();
    }
    results.computeIfAbsent(name, any -> new ArrayList<>()).add(values);
    print("seed %d, %s: %s (%s)", seed, name, words(values), learned.change().get("chosen"));
  }

  /** Quality after as many steps with labels and without a teacher, on the same samples. */
  private double fineTuned(Path pruned, long seed) {
    DistillSpec spec = DistillSpec.parse(learning);
    ModelDirectory directory = ModelDirectory.open(pruned);
    if (subject.metric().equals("accuracy")) {
      VisionModel student = VisionModel.of(directory);
      ImageDataset all = ImageDatasets.open(train, student.input());
      ImageDataset learned = all.withoutDrawn(spec.heldOut(all.size()), seed);
      try (Weights weights = Weights.load(student.directory(), student.architecture())) {
        tune(
            weights,
            new ImageObjective(student.family(), learned, Augmentation.CIFAR, 0),
            spec,
            RecommendedSettings.ofConvolutions(RecommendedSettings.parameters(student)),
            seed);
        return Evaluation.quality(
                student.family(),
                weights,
                ImageDatasets.open(test, student.input()),
                Evaluation.BATCH,
                Progress.Listener.NONE)
            .accuracy();
      }
    }
    TextModel student = text(directory, spec, seed);
    TextDataset all = texts(train, student, spec, seed);
    TextDataset learned = all.withoutDrawn(spec.heldOut(all.examples()), seed);
    try (Weights weights = Weights.load(student.directory(), student.architecture())) {
      tune(
          weights,
          TextObjective.of(student.network(), learned),
          spec,
          RecommendedSettings.ofText(
              RecommendedSettings.parameters(student), subject.metric().equals("loss")),
          seed);
      TextMetrics found =
          TextEvaluation.tally(
              student.network(),
              weights,
              texts(test, student, spec, seed),
              TextEvaluation.BATCH,
              Progress.Listener.NONE);
      return found.judgement(found).headlineMeasure().value();
    }
  }

  private static TextModel text(ModelDirectory directory, DistillSpec spec, long seed) {
    TextModel model = TextModel.of(directory);
    return TextModel.of(directory, spec.texts(seed).length(model.input()));
  }

  private static TextDataset texts(URI uri, TextModel model, DistillSpec spec, long seed) {
    return TextDatasets.open(uri, model.input(), model.directory().path(), spec.texts(seed));
  }

  private static void tune(
      Weights weights, Objective labels, DistillSpec spec, RecommendedSettings usual, long seed) {
    new Trainer(spec.training(usual, seed)).train(weights, labels, Progress.Listener.NONE);
  }

  private static StageReport run(Stage stage, StageJob job) {
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

  private static Metric metric(StageReport report, String name) {
    return found(report, name).orElseThrow();
  }

  private static Optional<Metric> found(StageReport report, String name) {
    return report.metrics().stream().filter(metric -> metric.name().equals(name)).findFirst();
  }
}
