package io.espalier.worker.algorithm.gradnas;

import io.espalier.worker.algorithm.evaluate.SampleLossData;
import io.espalier.worker.algorithm.evaluate.TextEvaluation;
import io.espalier.worker.algorithm.evaluate.TextLoss;
import io.espalier.worker.algorithm.evaluate.TextMetrics;
import io.espalier.worker.algorithm.prune.ChannelOrder;
import io.espalier.worker.algorithm.reconstruct.ReconstructionMode;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.LayerRules;
import io.espalier.worker.algorithm.search.Objective;
import io.espalier.worker.algorithm.search.Selection;
import io.espalier.worker.algorithm.search.Solver;
import io.espalier.worker.algorithm.train.TextObjective;
import io.espalier.worker.algorithm.train.Trainer;
import io.espalier.worker.algorithm.train.TrainingSettings;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.text.TextDatasets;
import io.espalier.worker.data.text.TextSettings;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import io.espalier.worker.zoo.DemoText;
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
import java.util.SplittableRandom;

/**
 * Compares ways to choose what goes from the trained BERT of the zoo, at half of its operations:
 * GradNAS with each of its normalisations, units at random, and units by the magnitude of their
 * weights. All choose by the same search; F1 is measured right after cutting and after the same
 * short training.
 */
public final class ChoiceBenchmark {
  private static final int NEURON_DIVISOR = 16;
  private static final int BATCHES = 128;
  private static final int BATCH_SIZE = 8;
  private static final int TRAINED = 640;
  private static final double LEARNING_RATE = 5e-4;

  private final TextModel model;
  private final TextDataset train;
  private final TextDataset test;
  private final Path scores;
  private final Map<String, List<double[]>> results = new LinkedHashMap<>();

  private ChoiceBenchmark(Path folder) {
    this.model = TextModel.of(ModelDirectory.open(folder.resolve("model")));
    this.train = texts(folder, "train");
    this.test = texts(folder, "test");
    this.scores = folder.resolve("scores");
  }

  private TextDataset texts(Path folder, String split) {
    return TextDatasets.open(
        URI.create(folder.resolve("data").toUri() + "?split=" + split),
        model.network().input(),
        model.directory().path(),
        TextSettings.USUAL);
  }

  /**
   * Prints a line for each seed and choice, and the means.
   *
   * @param arguments number of seeds, percentage of the operations, and a directory that {@code zoo
   *     train} has left; without it a model is trained first
   */
  public static void main(String[] arguments) throws IOException {
    int seeds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 5;
    int percent = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 50;
    Path folder;
    if (arguments.length > 2) {
      folder = Path.of(arguments[2]);
    } else {
      folder = Files.createTempDirectory("choice-benchmark");
      Zoo.train(DemoText.QUESTIONS, folder, Progress.Listener.NONE);
    }
    new ChoiceBenchmark(folder).run(seeds, percent);
  }

  private void run(int seeds, int percent) {
    print(
        "%s; %d test questions at %d %% of the operations, right after cutting / after %d questions"
            + " of training",
        PyTorch.device(), test.size(), percent, TRAINED);
    try (Weights original = Weights.load(model.directory(), model.architecture())) {
      double[] whole = new double[2];
      measure(original, whole, 0);
      print("original: F1 %.2f %%, loss %.4f", whole[0], whole[1]);
      for (long seed = 1; seed <= seeds; seed++) {
        for (Normalisation normalisation : Normalisation.values()) {
          UnitScores measured =
              gradNas(normalisation, seed).measure(original, scores, Progress.Listener.NONE);
          compare(
              "GradNAS, " + normalisation.key(), normalisation, measured, original, percent, seed);
        }
        compare("random", Normalisation.KIND, random(seed), original, percent, seed);
        for (Normalisation normalisation : Normalisation.values()) {
          compare(
              "magnitude, " + normalisation.key(),
              normalisation,
              magnitude(original),
              original,
              percent,
              seed);
        }
      }
    }
    results.forEach(
        (name, all) ->
            print(
                "mean of %d seeds, %s: F1 %.2f %%, loss %.4f / F1 %.2f %%, loss %.4f",
                seeds, name, mean(all, 0), mean(all, 1), mean(all, 2), mean(all, 3)));
  }

  private void compare(
      String name,
      Normalisation normalisation,
      UnitScores scored,
      Weights original,
      int percent,
      long seed) {
    GradNasPlan plan =
        GradNasPlan.of(
            model, OutputMode.PER_LAYER, new WidthRules(false, NEURON_DIVISOR, LayerRules.NONE));
    Budget budget = Constraints.parse(Map.of("flops", percent + "%")).budget(plan.whole());
    Selection chosen =
        Solver.select(
            plan.space(),
            plan.costs(),
            budget,
            gradNas(normalisation, seed).sensitivities(scored, plan.space(), plan.layout()),
            Objective.SUM);
    Kept kept =
        ChannelOrder.by(model.architecture(), scored.byAxis())
            .kept(plan.layout().spread(chosen.widths()));
    double[] result = new double[4]; // F1 and loss before training, the same after it
    try (Weights cut = original.keep(kept)) {
      measure(cut, result, 0);
      new Trainer(TrainingSettings.text(1, 32, LEARNING_RATE, seed))
          .train(
              cut,
              TextObjective.of(model.network(), train.drawn(TRAINED, seed)),
              Progress.Listener.NONE);
      measure(cut, result, 2);
    }
    print(
        "seed %d, %s: F1 %.2f %%, loss %.4f / F1 %.2f %%, loss %.4f; widths %s",
        seed, name, result[0], result[1], result[2], result[3], chosen.widths().units().values());
    results.computeIfAbsent(name, any -> new ArrayList<>()).add(result);
  }

  private GradNas gradNas(Normalisation normalisation, long seed) {
    return new GradNas(
        model,
        new GradNasSettings(
            BATCHES,
            BATCH_SIZE,
            BATCH_SIZE,
            normalisation,
            Objective.SUM,
            UnitRanking.GRADIENT,
            ReconstructionMode.OFF,
            seed),
        SampleLossData.ofTexts(model.network(), TextLoss.of(model.input()), train));
  }

  private UnitScores random(long seed) {
    var random = new SplittableRandom(seed);
    var all = new LinkedHashMap<String, double[]>();
    for (Axis axis : model.architecture().prunableAxes()) {
      all.put(axis.name(), random.doubles(axis.units()).toArray());
    }
    return new UnitScores("random", 1, 0, all);
  }

  /** The sum of squares of all weights of a unit, in every tensor that has its axis. */
  private UnitScores magnitude(Weights weights) {
    Architecture architecture = model.architecture();
    var all = new LinkedHashMap<String, double[]>();
    for (Axis axis : architecture.prunableAxes()) {
      double[] sums = new double[axis.units()];
      for (TensorSpec tensor : architecture.tensors()) {
        for (int i = 0; i < tensor.dimensions().size(); i++) {
          if (tensor.dimensions().get(i) instanceof Dimension.Along along
              && along.axis().equals(axis)) {
            add(sums, weights.get(tensor.name()).toFloatArray(), tensor.shape(), i, along);
          }
        }
      }
      all.put(axis.name(), sums);
    }
    return new UnitScores("magnitude", 1, 0, all);
  }

  private static void add(
      double[] sums, float[] values, long[] shape, int dimension, Dimension.Along along) {
    int inner = 1;
    for (int i = dimension + 1; i < shape.length; i++) {
      inner *= Math.toIntExact(shape[i]);
    }
    int size = Math.toIntExact(shape[dimension]);
    for (int i = 0; i < values.length; i++) {
      sums[i / inner % size / along.indicesPerUnit()] += (double) values[i] * values[i];
    }
  }

  private void measure(Weights weights, double[] result, int at) {
    TextMetrics tally =
        TextEvaluation.tally(model.network(), weights, test, 64, Progress.Listener.NONE);
    result[at] =
        tally.measures(tally).stream()
            .filter(measure -> measure.name().equals("f1"))
            .mapToDouble(measure -> 100 * measure.value())
            .sum();
    result[at + 1] = tally.loss();
  }

  private static double mean(List<double[]> all, int which) {
    return all.stream().mapToDouble(result -> result[which]).average().orElseThrow();
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
