package io.espalier.worker.algorithm.gradnas;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.evaluate.SampleLossData;
import io.espalier.worker.algorithm.evaluate.TextLoss;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.data.text.TextDatasets;
import io.espalier.worker.data.text.TextSettings;
import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.Gradients;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import io.espalier.worker.zoo.DrawnText;
import io.espalier.worker.zoo.Zoo;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Cost of scoring by gradients, against a plain forward and backward pass over the same batches, on
 * BERT-base with random weights: time in one process in turn, memory in a process each.
 *
 * <p>A plain pass computes the gradients of all weights, as a training step without its optimizer
 * does. Arguments: rounds (default 3), or {@code peak scoring|training DIR} for a process of its
 * own.
 */
public final class GradNasBenchmark {
  private static final int TOKENS = 128;
  private static final int BATCH = 8;

  private final TextModel model;
  private final TextDataset data;
  private final TextLoss loss =
      TextLoss.of(new TextInput(TextTask.TEXT_CLASSIFICATION, 1, 1, 1, 0, List.of("a", "b")));

  private GradNasBenchmark(Path folder) {
    this.model = TextModel.of(ModelDirectory.open(folder.resolve("model")), TOKENS);
    this.data =
        TextDatasets.open(
            folder.resolve("texts.jsonl").toUri(),
            model.network().input(),
            model.directory().path(),
            TextSettings.USUAL.withMaxLength(TOKENS));
  }

  /** Prints ratios of time and of peak memory. */
  public static void main(String[] arguments) throws Exception {
    if (arguments.length == 3) {
      peak(arguments[1].equals("scoring"), Path.of(arguments[2]));
      return;
    }
    Path folder = Files.createTempDirectory("gradnas-benchmark");
    Zoo.writeRandomModel(
        "bert_base", folder.resolve("model"), Optional.of("text-classification"), 1);
    writeTexts(folder);
    print(
        "%s; BERT-base with random weights, batches of %d x %d tokens",
        PyTorch.device(), BATCH, TOKENS);
    new GradNasBenchmark(folder).compare(arguments.length > 0 ? Integer.parseInt(arguments[0]) : 3);
    long scoring = child("scoring", folder);
    long training = child("training", folder);
    print(
        "peak resident memory: scoring %d MiB, training step without optimizer %d MiB, ratio %.2f",
        scoring, training, (double) scoring / training);
    print("model and texts are in %s", folder);
  }

  /** Opinions one after another, so that every text fills its sequence. */
  private static void writeTexts(Path folder) throws IOException {
    Zoo.writeTexts(DrawnText.OPINIONS, folder.resolve("opinions"), 256 * 16, 1, 1);
    List<String> opinions = Files.readAllLines(folder.resolve("opinions/train.jsonl"));
    var lines = new StringBuilder();
    for (int i = 0; i < opinions.size(); i += 16) {
      String text =
          opinions.subList(i, i + 16).stream()
              .map(line -> line.replaceAll(".*\"text\":\"([^\"]*)\".*", "$1"))
              .reduce("", (one, other) -> one + " " + other);
      lines.append("{\"text\":\"%s\",\"label\":%d}\n".formatted(text.strip(), i / 16 % 2));
    }
    Files.writeString(folder.resolve("texts.jsonl"), lines);
  }

  private void compare(int rounds) {
    double[] ratios = new double[rounds];
    try (NDManager manager = PyTorch.newManager();
        Weights weights = Weights.load(model.directory(), model.architecture());
        Weights trained = Weights.load(model.directory(), model.architecture());
        var gradients = gradients(weights)) {
      trained.requireGradients(true);
      for (int round = -1; round < rounds; round++) { // the one before the first only warms up
        int[] indices = indices(round + 1);
        long start = System.nanoTime();
        gradients.of(SampleLossData.ofTexts(model.network(), loss, data), indices, "batch");
        long scored = System.nanoTime();
        plain(manager, trained, indices);
        long passed = System.nanoTime();
        print(
            "batch %d: scoring %.2f s, forward and backward %.2f s",
            round + 1, (scored - start) / 1e9, (passed - scored) / 1e9);
        if (round >= 0) {
          ratios[round] = (double) (scored - start) / (passed - scored);
        }
      }
    }
    Arrays.sort(ratios);
    print("scoring / forward and backward: median of pairs %.3f", ratios[rounds / 2]);
  }

  private MaskGradients gradients(Weights weights) {
    return new MaskGradients(weights, model.architecture().prunableAxes(), BATCH);
  }

  private void plain(NDManager manager, Weights weights, int[] indices) {
    TokenBatch batch = data.batch(indices);
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      Tokens tokens = Tokens.of(manager, batch);
      NDArray mean =
          Gradients.of(
              () ->
                  Tensors.scale(
                      loss.sum(model.network().forward(weights, tokens, ForwardHooks.NONE), batch),
                      1.0 / loss.count(batch)));
      mean.getFloat();
      weights.clearGradients();
    }
  }

  private int[] indices(int batch) {
    int first = batch * BATCH % (data.size() - BATCH + 1);
    return IntStream.range(first, first + BATCH).toArray();
  }

  private static long child(String what, Path folder) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-Dai.djl.offline=true",
                "-DOPT_OUT_TRACKING=true",
                "-cp",
                System.getProperty("java.class.path"),
                GradNasBenchmark.class.getName(),
                "peak",
                what,
                folder.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IllegalStateException("the process that measures %s failed".formatted(what));
    }
    return said.lines()
        .filter(line -> line.startsWith("peak "))
        .map(line -> Long.parseLong(line.substring("peak ".length())))
        .findFirst()
        .orElseThrow();
  }

  private static void peak(boolean scoring, Path folder) throws IOException {
    var benchmark = new GradNasBenchmark(folder);
    try (NDManager manager = PyTorch.newManager();
        Weights weights =
            Weights.load(benchmark.model.directory(), benchmark.model.architecture())) {
      if (scoring) {
        try (var gradients = benchmark.gradients(weights)) {
          gradients.of(
              SampleLossData.ofTexts(benchmark.model.network(), benchmark.loss, benchmark.data),
              benchmark.indices(0),
              "batch");
          gradients.of(
              SampleLossData.ofTexts(benchmark.model.network(), benchmark.loss, benchmark.data),
              benchmark.indices(1),
              "batch");
        }
      } else {
        weights.requireGradients(true);
        benchmark.plain(manager, weights, benchmark.indices(0));
        benchmark.plain(manager, weights, benchmark.indices(1));
      }
    }
    System.out.println("peak " + highWaterMark());
  }

  /** MiB. */
  private static long highWaterMark() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .map(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
        .findFirst()
        .orElseThrow();
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
