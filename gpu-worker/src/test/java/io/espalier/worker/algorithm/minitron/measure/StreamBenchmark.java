package io.espalier.worker.algorithm.minitron.measure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.minitron.MinitronPlan;
import io.espalier.worker.algorithm.minitron.MinitronPruning;
import io.espalier.worker.algorithm.minitron.MinitronSettings;
import io.espalier.worker.algorithm.minitron.MinitronTarget;
import io.espalier.worker.algorithm.minitron.MinitronTexts;
import io.espalier.worker.algorithm.minitron.cut.DepthCriterion;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.algorithm.minitron.size.SizeDivisors;
import io.espalier.worker.algorithm.minitron.size.SizeGrid;
import io.espalier.worker.algorithm.minitron.space.UniformCosts;
import io.espalier.worker.algorithm.prune.PruningOutcome;
import io.espalier.worker.algorithm.reconstruct.ReconstructionMode;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.bench.LargeLlama;
import io.espalier.worker.bench.Machine;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.surgery.Sharding;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.text.TextDatasets;
import io.espalier.worker.data.text.TextSettings;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.zoo.DrawnText;
import io.espalier.worker.zoo.Zoo;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Scores and cuts a Llama in BF16 and shards that is larger than its process may get, and compares
 * how fast texts pass through layers while units are heard with large matrix products.
 *
 * <p>Arguments: MiB of the checkpoint (4096), tokens of its vocabulary (32000), folder for twice as
 * much (the temporary one).
 */
public final class StreamBenchmark {
  private static final int HIDDEN = LargeLlama.HIDDEN;
  private static final int VOCABULARY = 32_000;
  private static final int TOKENS = 512;
  private static final int BATCH = 4;
  private static final int HEARD_LAYERS = 4;
  private static final int HEARD_BATCHES = 6;
  private static final int CUT_BATCHES = 4;
  private static final int PRODUCTS = 20;
  private static final int ROUNDS = 3;
  private static final long SHARD_BYTES = 500_000_000;
  private static final long STATE_BYTES = 256L << 20;
  private static final long HEAP_MEBIBYTES = 256;

  private final Path folder;
  private final Path model;
  private final int tokens;

  private StreamBenchmark(Path folder, String model, int tokens) {
    this.folder = folder;
    this.model = folder.resolve(model);
    this.tokens = tokens;
  }

  /** Prints times by phase, the peak memory of the process that cuts, and the ratio of rates. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    if (arguments.length == 2 && arguments[0].equals("cut")) { // in a process of its own
      new StreamBenchmark(Path.of(arguments[1]), "large", 128).cut();
      return;
    }
    int mebibytes = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 4096;
    int vocabulary = arguments.length > 1 ? Integer.parseInt(arguments[1]) : VOCABULARY;
    Path parent =
        Path.of(arguments.length > 2 ? arguments[2] : System.getProperty("java.io.tmpdir"));
    Path folder = Files.createTempDirectory(parent, "stream-benchmark");
    try {
      System.out.println(Machine.line());
      Zoo.writeTexts(DrawnText.TALES, folder.resolve("data"), 4000, 100, 1);
      var heard = new StreamBenchmark(folder, "heard", TOKENS);
      heard.write(HEARD_LAYERS, VOCABULARY);
      heard.hear();
      var large = new StreamBenchmark(folder, "large", 128);
      large.write(LargeLlama.layers(mebibytes, vocabulary), vocabulary);
      large.cutInProcessOfItsOwn();
    } finally {
      Machine.delete(folder);
    }
  }

  private void write(int layers, int vocabulary) throws IOException {
    LargeLlama.write(model, layers, vocabulary, SHARD_BYTES);
    print(
        "%d layers, %d MiB in shards of at most %d bytes",
        layers, ModelDirectory.open(model).bytes() >> 20, SHARD_BYTES);
  }

  private DecoderBlueprint blueprint() {
    return DecoderBlueprint.of(TextModel.of(ModelDirectory.open(model), tokens));
  }

  private TextDataset texts(String split, DecoderBlueprint blueprint) {
    return TextDatasets.open(
        URI.create(folder.resolve("data").toUri() + "?split=" + split),
        blueprint.network().input(),
        model,
        TextSettings.USUAL.withMaxLength(tokens));
  }

  private static ActivationSettings listening(int batches) {
    return new ActivationSettings(
        batches,
        BATCH,
        ScoreAggregation.MEAN,
        ScoreAggregation.L2,
        ImportanceCriterion.ACTIVATION,
        STATE_BYTES,
        1);
  }

  /** Listens to all units, in turn with matrix products. */
  private void hear() {
    DecoderBlueprint blueprint = blueprint();
    TextDataset data = texts("train", blueprint);
    var costs = new UniformCosts(blueprint, Sharding.asBefore(), Optional.empty());
    long flops =
        costs.layers(blueprint.sizes()).atMost(HEARD_LAYERS).flops() * HEARD_BATCHES * BATCH;
    print(
        "%s; %d batches of %d x %d tokens through %d layers: %.0f GFLOP",
        PyTorch.device(), HEARD_BATCHES, BATCH, TOKENS, HEARD_LAYERS, flops / 1e9);
    var minitron = new ActivationMeasurement(blueprint, listening(HEARD_BATCHES), data);
    double[] ratios = new double[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      var between = new Products();
      long start = System.nanoTime();
      minitron.measure(folder.resolve("scores-" + round), between);
      double rate = flops / (double) (System.nanoTime() - start - between.nanos);
      ratios[round] = rate / between.rate();
      print(
          "heard at %.1f GFLOP/s, matrix products in between at %.1f: %.2f",
          rate, between.rate(), ratios[round]);
    }
    Arrays.sort(ratios);
    print("heard / matrix products: median %.2f (wanted 0.70)", ratios[ROUNDS / 2]);
  }

  /** Large matrix products after each layer, so that what else the machine does hits both. */
  private static final class Products implements Progress.Listener {
    private long nanos;
    private long computing;
    private long products;

    @Override
    public void report(Progress progress) {
      long begun = System.nanoTime();
      try (NDManager manager = PyTorch.newManager();
          var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        NDArray matrix = Tensors.full(Tensors.of(manager, new float[] {0}, 1), 0.5, HIDDEN, HIDDEN);
        Tensors.matMul(matrix, matrix).close(); // warms up
        long start = System.nanoTime();
        for (int i = 0; i < PRODUCTS; i++) {
          Tensors.matMul(matrix, matrix).close();
        }
        computing += System.nanoTime() - start;
        products += PRODUCTS;
      }
      nanos += System.nanoTime() - begun;
    }

    /** Operations per nanosecond. */
    double rate() {
      return 2.0 * products * HIDDEN * HIDDEN * HIDDEN / computing;
    }
  }

  private void cutInProcessOfItsOwn() throws IOException, InterruptedException {
    int exit =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms32m",
                "-Xmx" + HEAP_MEBIBYTES + "m",
                "-XX:+UseSerialGC",
                "-Dai.djl.offline=true",
                "-DOPT_OUT_TRACKING=true",
                "-cp",
                System.getProperty("java.class.path"),
                StreamBenchmark.class.getName(),
                "cut",
                folder.toString())
            .inheritIO()
            .start()
            .waitFor();
    if (exit != 0) {
      throw new IOException("the process that cuts ended with " + exit);
    }
  }

  /** Measures, hears, scores two candidates, cuts in depth and width, measures again. */
  private void cut() throws IOException {
    DecoderBlueprint blueprint = blueprint();
    var goal =
        new MinitronTarget(
            Optional.empty(),
            Optional.of(Constraints.parse(Map.of("parameters", "60%"))),
            Optional.empty(),
            false,
            SizeDivisors.Asked.NOTHING,
            SizeGrid.USUAL_WIDTH,
            SizeGrid.USUAL_DEPTH,
            2,
            true,
            Sharding.upTo(SHARD_BYTES));
    MinitronPruning.Result result =
        new MinitronPruning<>(
                MinitronPlan.of(blueprint, goal),
                new MinitronSettings(
                    listening(CUT_BATCHES),
                    SubnetMetric.LOSS,
                    DepthCriterion.COSINE,
                    ReconstructionMode.OFF,
                    OptionalInt.empty()),
                new MinitronTexts(
                    blueprint,
                    listening(CUT_BATCHES),
                    texts("train", blueprint),
                    texts("test", blueprint)),
                Progress.Listener.NONE)
            .run(folder.resolve("result"), folder.resolve("scores"));
    PruningOutcome<?> outcome = result.outcome();
    print(
        "%d to %d MiB, %s; %d tokens to measure by; seconds %s",
        outcome.before().cost().bytes() >> 20,
        outcome.after().cost().bytes() >> 20,
        DecoderBlueprint.of((TextModel) result.model()).sizes(),
        outcome.samples(),
        outcome.seconds());
    print("peak resident memory: %s (wanted at most 1.5 GB)", Machine.peakMemory());
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
