package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.algorithm.distill.StoredTeacher.Storage;
import io.espalier.worker.algorithm.train.Augmentation;
import io.espalier.worker.algorithm.train.ImageObjective;
import io.espalier.worker.algorithm.train.Objective;
import io.espalier.worker.algorithm.train.TextObjective;
import io.espalier.worker.algorithm.train.Trainer;
import io.espalier.worker.algorithm.train.TrainingBudget;
import io.espalier.worker.algorithm.train.TrainingSettings;
import io.espalier.worker.bench.LargeCheckpoint;
import io.espalier.worker.bench.Machine;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.Batch;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.Families;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.Gradients;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Cost of a step of distillation against what it cannot do without: the teacher's forward pass and
 * the student's step on its own task, measured in turn.
 *
 * <p>Of a ResNet-20 with 64 images of 32 × 32, and of a Llama of 4 layers of 256 channels and 8,000
 * tokens with 4 sequences of 128; students have half the inner channels or neurons. With {@code
 * -Dai.djl.pytorch.num_threads=1} times are the processor's own, which other load hardly disturbs.
 * Argument: rounds (default 9), or {@code memory} for the memory of 2,000 steps of each.
 */
public final class DistillationStepBenchmark {
  private static final OutputSettings OUTPUT = OutputSettings.of(OutputLoss.FORWARD_KL, 2);
  private static final DistillationSettings SETTINGS = DistillationSettings.of(OUTPUT);
  private static final int VOCABULARY = 8_000;
  private static final int TOKENS = 128;

  private final NDManager manager;
  private final Path directory;
  private final int rounds;

  private DistillationStepBenchmark(NDManager manager, Path directory, int rounds) {
    this.manager = manager;
    this.directory = directory;
    this.rounds = rounds;
  }

  public static void main(String[] arguments) throws IOException {
    boolean memory = arguments.length > 0 && arguments[0].equals("memory");
    int rounds = arguments.length > 0 && !memory ? Integer.parseInt(arguments[0]) : 9;
    Path directory = Files.createTempDirectory("distillation");
    print("%s", Machine.line());
    try (NDManager manager = PyTorch.newManager()) {
      var benchmark = new DistillationStepBenchmark(manager, directory, rounds);
      if (memory) {
        benchmark.memory();
      } else {
        benchmark.images();
        benchmark.texts();
      }
    } finally {
      Machine.delete(directory);
    }
    print("load at the end: %s", Machine.load());
  }

  /** Trains 2,000 steps of 8 images and of 2 sequences, and prints the memory on the way. */
  private void memory() throws IOException {
    Golden golden = Golden.of("cifar-resnet20");
    try (Weights weights = golden.weights(manager);
        Weights student = weights.keep(half(weights, AxisKind.CHANNELS))) {
      var samples = new ImageSamples(new ImageNoise(10, 64, 32), Augmentation.NONE);
      var teacher = new Teacher<>(golden.family(), weights, "digest");
      train(
          "ResNet-20",
          student,
          DistillationObjective.ofImages(golden.family(), student, teacher, samples, SETTINGS),
          8);
    }
    TextModel model = llama();
    try (Weights weights = Weights.load(model.directory(), model.architecture(), manager);
        Weights student = weights.keep(half(weights, AxisKind.NEURONS))) {
      var samples = new TextSamples(model.network().input(), new Drawn(4));
      var teacher = new Teacher<>(model.network(), weights, "digest");
      train(
          "Llama",
          student,
          DistillationObjective.ofTexts(model.network(), student, teacher, samples, SETTINGS),
          2);
    }
  }

  private void train(String name, Weights student, Objective objective, int batch) {
    new Trainer(TrainingSettings.text(1, batch, 1e-5, 1).with(TrainingBudget.ofSteps(2_000)))
        .train(
            student,
            objective,
            step -> {
              if (step.done() == 100 || step.done() % 500 == 0) {
                try {
                  print("%s, step %d: %s", name, step.done(), Machine.residentMemory());
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              }
            });
  }

  private void images() {
    Golden golden = Golden.of("cifar-resnet20");
    var noise = new ImageNoise(10, 64, 32);
    var samples = new ImageSamples(noise, Augmentation.NONE);
    try (Weights weights = golden.weights(manager);
        Weights student = weights.keep(half(weights, AxisKind.CHANNELS))) {
      var teacher = new Teacher<>(golden.family(), weights, "digest");
      try (var stored =
          StoredTeacher.ofImages(
              teacher, samples, OUTPUT, storage("images"), Progress.Listener.NONE)) {
        var pass = new ImagePass(golden.family(), Mode.EVALUATE);
        Batch batch = noise.batch(first(64));
        compare(
            "ResNet-20",
            student,
            List.of(
                DistillationObjective.ofImages(
                    golden.family(), student, teacher, samples, SETTINGS),
                DistillationObjective.ofImages(golden.family(), student, stored, SETTINGS),
                new ImageObjective(golden.family(), noise, Augmentation.NONE, 0)),
            () -> pass.forward(weights, samples.inputs(batch, manager), Set.of()),
            first(64));
      }
    }
  }

  private void texts() throws IOException {
    TextModel model = llama();
    var data = new Drawn(4);
    var samples = new TextSamples(model.network().input(), data);
    try (Weights weights = Weights.load(model.directory(), model.architecture(), manager);
        Weights student = weights.keep(half(weights, AxisKind.NEURONS))) {
      var teacher = new Teacher<>(model.network(), weights, "digest");
      try (var stored =
          StoredTeacher.ofTexts(
              teacher, samples, OUTPUT, storage("texts"), Progress.Listener.NONE)) {
        var pass = new TextPass(model.network());
        TokenBatch batch = data.batch(first(4));
        compare(
            "Llama",
            student,
            List.of(
                DistillationObjective.ofTexts(model.network(), student, teacher, samples, SETTINGS),
                DistillationObjective.ofTexts(model.network(), student, stored, SETTINGS),
                TextObjective.of(model.network(), data)),
            () -> pass.forward(weights, samples.inputs(batch, manager), Set.of()),
            first(4));
      }
    }
  }

  private Storage storage(String name) {
    return new Storage(directory.resolve(name + ".bin"), new KeptScores(100, false), 16);
  }

  private void compare(
      String name, Weights student, List<Objective> objectives, Runnable teacher, int[] indices) {
    student.requireGradients(true);
    List<Objective.Piece> pieces =
        objectives.stream().map(each -> each.piece(indices, new SplittableRandom(1))).toList();
    double[][] millis = new double[4][rounds];
    for (int round = -1; round < rounds; round++) { // the first only warms up
      int at = Math.max(round, 0);
      for (int i = 0; i < pieces.size(); i++) {
        Objective.Piece piece = pieces.get(i);
        millis[i][at] = timed(() -> step(piece, student));
      }
      millis[3][at] = timed(() -> inScope(teacher));
    }
    student.requireGradients(false);
    double live = median(i -> millis[0][i] / (millis[3][i] + millis[2][i]));
    double stored = median(i -> millis[1][i] / millis[2][i]);
    for (double[] times : millis) {
      Arrays.sort(times);
    }
    double[] middle = Arrays.stream(millis).mapToDouble(times -> times[rounds / 2]).toArray();
    print(
        "%s, medians of %d: step %.1f ms; teacher's pass %.1f + step on the task %.1f ms, ratio"
            + " %.3f, best %.3f; step with stored answers %.1f ms, ratio to the task's %.3f, best"
            + " %.3f",
        name,
        rounds,
        middle[0],
        middle[3],
        middle[2],
        live,
        millis[0][0] / (millis[3][0] + millis[2][0]),
        middle[1],
        stored,
        millis[1][0] / millis[2][0]);
  }

  private double median(IntToDoubleFunction ofRound) {
    return IntStream.range(0, rounds).mapToDouble(ofRound).sorted().toArray()[rounds / 2];
  }

  private void step(Objective.Piece piece, Weights student) {
    inScope(
        () -> {
          Gradients.of(piece.sum(student, manager));
          for (String name : student.trainable()) {
            Tensors.addScaledInPlace(student.get(name), student.gradient(name), -1e-9);
          }
          student.clearGradients();
        });
  }

  private static void inScope(Runnable work) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      work.run();
    }
  }

  /** With one thread its own processor time; else wall time. */
  private static double timed(Runnable work) {
    long start = now();
    work.run();
    return (now() - start) / 1e6;
  }

  private static long now() {
    return PyTorch.threads() == 1
        ? ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime()
        : System.nanoTime();
  }

  private TextModel llama() throws IOException {
    Path model = Files.createDirectories(directory.resolve("llama"));
    Files.writeString(
        model.resolve("config.json"),
        """
        {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": %d,
         "hidden_size": 256, "num_hidden_layers": 4, "num_attention_heads": 8,
         "num_key_value_heads": 2, "intermediate_size": 688, "max_position_embeddings": %d,
         "hidden_act": "silu", "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
         "tie_word_embeddings": false, "bos_token_id": 1, "eos_token_id": 2}
        """
            .formatted(VOCABULARY, TOKENS));
    var config = new ObjectMapper().readTree(model.resolve("config.json").toFile());
    LargeCheckpoint.write(
        model,
        Families.text(config).network(config).architecture(Map.of(), TOKENS).tensors(),
        1L << 30);
    return TextModel.of(ModelDirectory.open(model));
  }

  private static Kept half(Weights weights, AxisKind kind) {
    Kept kept = Kept.all();
    for (var axis : weights.architecture().prunableAxes()) {
      if (axis.kind() == kind) {
        kept = kept.with(axis, IntStream.range(0, axis.units() / 2).toArray());
      }
    }
    return kept;
  }

  private static int[] first(int count) {
    return IntStream.range(0, count).toArray();
  }

  /** Tokens that are drawn. */
  private record Drawn(int size) implements TextDataset {
    @Override
    public boolean labelled() {
      return true;
    }

    @Override
    public int length() {
      return TOKENS;
    }

    @Override
    public TokenBatch batch(int[] indices) {
      int all = indices.length * TOKENS;
      long[] ids = new Random(indices[0]).longs(all, 0, VOCABULARY).toArray();
      long[] mask = new long[all];
      Arrays.fill(mask, 1);
      return new TokenBatch(indices.length, TOKENS, ids, mask, new long[all], ids);
    }

    @Override
    public String fingerprint() {
      return "drawn";
    }
  }

  @SuppressWarnings("AnnotateFormatMethod") // one call site style for a report
  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
