package io.espalier.worker.algorithm.layerwise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.minitron.cut.Subnet;
import io.espalier.worker.algorithm.minitron.measure.MemoryLimits;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.algorithm.reconstruct.transformer.Sequences;
import io.espalier.worker.algorithm.train.Checkpointing;
import io.espalier.worker.algorithm.train.LearningRate;
import io.espalier.worker.algorithm.train.OptimizerSettings;
import io.espalier.worker.algorithm.train.TrainingBudget;
import io.espalier.worker.algorithm.train.TrainingInterruptedException;
import io.espalier.worker.algorithm.train.TrainingSettings;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.surgery.Sharding;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LayerwiseDistillationTest {
  private static final MemoryLimits ROOM = MemoryLimits.of(0); // all of it goes to files

  @TempDir Path folder;

  private DecoderBlueprint teacher;
  private DecoderBlueprint student;
  private List<Integer> channels;

  @BeforeEach
  void a_student_with_some_of_the_channels_and_neurons() throws IOException {
    teacher = blueprint(Golden.of("llama").directory());
    int hidden = teacher.hidden().units();
    channels = IntStream.range(0, hidden).filter(i -> i % 4 != 1).boxed().toList();
    var kept = new HashMap<String, int[]>();
    kept.put(teacher.hidden().name(), channels.stream().mapToInt(Integer::intValue).toArray());
    for (int layer = 0; layer < teacher.blocks().size(); layer++) {
      int neurons = teacher.neurons(layer).units();
      kept.put(teacher.neurons(layer).name(), IntStream.range(0, neurons / 2).toArray());
    }
    student = cut(new Subnet(new Kept(kept), layers(teacher)), "student");
  }

  private static List<Integer> layers(DecoderBlueprint model) {
    return IntStream.range(0, model.blocks().size()).boxed().toList();
  }

  private DecoderBlueprint cut(Subnet subnet, String name) throws IOException {
    return blueprint(
        subnet
            .write(teacher, Sharding.asBefore(), Files.createDirectory(folder.resolve(name)))
            .directory()
            .path());
  }

  private static DecoderBlueprint blueprint(Path model) {
    return DecoderBlueprint.of(TextModel.of(ModelDirectory.open(model)));
  }

  private Sequences texts(int count, long seed) {
    var random = new Random(seed);
    int words = 20;
    int[][] texts = new int[count][];
    for (int i = 0; i < count; i++) {
      texts[i] = random.ints(5 + random.nextInt(8), 0, words).toArray();
    }
    return new Sequences(texts, 0);
  }

  private LayerwiseDistillation distillation(
      DecoderBlueprint who, List<Integer> origins, double rate) {
    return new LayerwiseDistillation(
        teacher,
        who,
        new LayerOrigins(origins, channels),
        new TrainingSettings(
            TrainingBudget.ofSteps(12),
            new TrainingSettings.Steps(2, 1),
            new OptimizerSettings.AdamW(0),
            new LearningRate(LearningRate.Schedule.COSINE, rate, 0.1),
            OptionalDouble.of(1),
            OptionalDouble.empty(),
            5));
  }

  private LayerwiseDistillation.Texts texts() {
    return new LayerwiseDistillation.Texts(texts(24, 1), texts(9, 2), 4);
  }

  private static LayerwiseDistillation.Rules rules(Path kept, BooleanSupplier ending) {
    return new LayerwiseDistillation.Rules(
        4, OptionalInt.empty(), new Checkpointing(kept, Duration.ofHours(1), ending), ROOM);
  }

  private Map<String, float[]> learned(
      LayerwiseDistillation distillation, Path kept, BooleanSupplier ending, String name)
      throws IOException {
    distillation.train(texts(), rules(kept, ending), Progress.Listener.NONE);
    Path made = Files.createDirectory(folder.resolve(name));
    try (Stream<Path> files = Files.list(student.model().directory().path())) {
      for (Path file : files.toList()) {
        Files.copy(file, made.resolve(file.getFileName()));
      }
    }
    ModelDirectory model = ModelDirectory.open(made);
    distillation.write(texts(), kept, model);
    var tensors = new TreeMap<String, float[]>();
    try (Weights weights = Weights.load(model, student.architecture())) {
      weights.names().forEach(tensor -> tensors.put(tensor, weights.get(tensor).toFloatArray()));
    }
    return tensors;
  }

  @Test
  void each_layer_learns_on_top_of_those_that_have_learned() throws IOException {
    LayerwiseDistillation distillation = distillation(student, layers(student), 3e-3);

    List<LearnedLayer> learned =
        distillation.train(
            texts(), rules(folder.resolve("kept"), () -> false), Progress.Listener.NONE);

    assertThat(learned).hasSize(student.blocks().size());
    assertThat(learned)
        .allSatisfy(
            layer -> {
              assertThat(layer.steps()).isEqualTo(12);
              assertThat(layer.after()).isLessThan(layer.before());
            });
  }

  /** The first layer's error as it came, by loops over whole forward passes in float64. */
  @Test
  void the_error_of_a_layer_is_that_of_loops_over_tokens_and_channels() {
    List<LearnedLayer> learned =
        distillation(student, layers(student), 1e-6)
            .train(texts(), rules(folder.resolve("kept"), () -> false), Progress.Listener.NONE);

    double sum = 0;
    int tokens = 0;
    Sequences heldOut = texts(9, 2);
    for (int row = 0; row < heldOut.size(); row++) {
      TokenBatch text = heldOut.batch(new int[] {row});
      float[][] wanted = stream(teacher, text, teacher.hidden().units());
      float[][] found = stream(student, text, channels.size());
      for (int token = 0; token < text.length(); token++) {
        double square = 0;
        double error = 0;
        for (int c = 0; c < channels.size(); c++) {
          double value = wanted[token][channels.get(c)];
          square += value * value;
          error += (found[token][c] - value) * (found[token][c] - value);
        }
        sum += error / square;
        tokens++;
      }
    }
    assertThat(learned.get(0).before()).isCloseTo(sum / tokens, within(1e-5));
  }

  /** What leaves the first layer, token by token. */
  private static float[][] stream(DecoderBlueprint model, TokenBatch text, int width) {
    try (NDManager manager = PyTorch.newManager();
        var scope = new NDScope();
        Weights weights = Weights.load(model.model().directory(), model.architecture())) {
      scope.suppressNotUsedWarning();
      Tokens tokens = Tokens.of(manager, text);
      var network = model.network();
      var x = network.embed(weights, tokens, ForwardHooks.NONE);
      float[] all =
          network
              .layer(0, weights, x, network.context(tokens, x), ForwardHooks.NONE)
              .toFloatArray();
      float[][] rows = new float[text.length()][width];
      for (int token = 0; token < rows.length; token++) {
        System.arraycopy(all, token * width, rows[token], 0, width);
      }
      return rows;
    }
  }

  @Test
  void what_was_interrupted_in_any_layer_ends_with_the_same_bits() throws IOException {
    LayerwiseDistillation distillation = distillation(student, layers(student), 3e-3);
    Map<String, float[]> whole = learned(distillation, folder.resolve("a"), () -> false, "whole");

    Path kept = folder.resolve("b");
    for (int until : new int[] {5, 9}) {
      var asked = new AtomicInteger();
      assertThatThrownBy(
              () ->
                  distillation.train(
                      texts(),
                      rules(kept, () -> asked.incrementAndGet() == until),
                      Progress.Listener.NONE))
          .isInstanceOf(TrainingInterruptedException.class);
    }
    Map<String, float[]> goneOn = learned(distillation, kept, () -> false, "gone-on");

    whole.forEach((name, values) -> assertThat(goneOn.get(name)).as(name).isEqualTo(values));
  }

  @Test
  void a_layer_learns_what_those_behind_it_that_are_gone_made() throws IOException {
    var kept =
        new Kept(
            Map.of(
                teacher.hidden().name(), channels.stream().mapToInt(Integer::intValue).toArray()));
    DecoderBlueprint shallow = cut(new Subnet(kept, List.of(0)), "shallow");

    List<LearnedLayer> learned =
        distillation(shallow, List.of(0), 3e-3)
            .train(texts(), rules(folder.resolve("kept"), () -> false), Progress.Listener.NONE);

    assertThat(learned).hasSize(1);
    assertThat(learned.get(0).after()).isLessThan(learned.get(0).before());
  }

  @Test
  void a_rate_that_breaks_a_layer_leaves_it_as_it_came() throws IOException {
    LayerwiseDistillation distillation = distillation(student, layers(student), 5);

    Map<String, float[]> made = learned(distillation, folder.resolve("a"), () -> false, "made");

    try (Weights given = Weights.load(student.model().directory(), student.architecture())) {
      made.forEach(
          (name, values) -> assertThat(values).as(name).isEqualTo(given.get(name).toFloatArray()));
    }
  }

  /** Experts that no token chose, a stream that is centred, normalisations behind parts. */
  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "gptj", "qwen2-moe", "mixtral", "gemma3"})
  void layers_of_every_family_learn(String name) {
    DecoderBlueprint model = blueprint(Golden.of(name).directory());
    var toItself =
        new LayerwiseDistillation(
            model,
            model,
            new LayerOrigins(layers(model).subList(0, 1), List.of()),
            distillation(student, layers(student), 1e-3).settings());

    List<LearnedLayer> learned =
        toItself.train(texts(), rules(folder.resolve("kept"), () -> false), Progress.Listener.NONE);

    // one layer learns what all of them make
    assertThat(learned.get(0).after()).isLessThan(learned.get(0).before());
  }
}
