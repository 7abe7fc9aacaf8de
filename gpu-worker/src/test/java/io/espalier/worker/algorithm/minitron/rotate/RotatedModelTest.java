package io.espalier.worker.algorithm.minitron.rotate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.algorithm.minitron.GoldenTexts;
import io.espalier.worker.algorithm.minitron.cut.Subnet;
import io.espalier.worker.algorithm.minitron.measure.ActivationMeasurement;
import io.espalier.worker.algorithm.minitron.measure.ActivationScores;
import io.espalier.worker.algorithm.minitron.measure.ActivationSettings;
import io.espalier.worker.algorithm.minitron.measure.ImportanceCriterion;
import io.espalier.worker.algorithm.minitron.measure.ScoreAggregation;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.surgery.Sharding;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models in a rotated stream, whole and narrower, against those of Hugging Face's library. */
final class RotatedModelTest {
  private static final int ASKED = 2; // sequences whose logits the oracle has

  @TempDir Path own;

  /** Findings of {@code rotation/make.py} with transformers, in float64. */
  @SuppressWarnings("ArrayRecordComponent") // numbers of the oracle, never compared as a whole
  record Oracle(
      String model, int k, long[][] ids, double[] strengths, double[] scales, double[][] logits) {
    @Override
    public String toString() {
      return model;
    }

    GoldenTexts texts() {
      return new GoldenTexts(
          List.of(
              batch(Arrays.copyOfRange(ids, 0, 5)), batch(Arrays.copyOfRange(ids, 5, ids.length))));
    }

    TokenBatch asked() {
      return batch(Arrays.copyOfRange(ids, 0, ASKED));
    }

    private static TokenBatch batch(long[][] rows) {
      long[] all = Arrays.stream(rows).flatMapToLong(Arrays::stream).toArray();
      long[] ones = new long[all.length];
      Arrays.fill(ones, 1);
      return new TokenBatch(rows.length, rows[0].length, all, ones, new long[all.length], all);
    }
  }

  static Stream<Oracle> oracles() throws IOException {
    try (InputStream file = Oracle.class.getResourceAsStream("/golden/rotation/models.json")) {
      return Arrays.stream(new ObjectMapper().readValue(file, Oracle[].class));
    }
  }

  private static DecoderBlueprint blueprint(String golden) {
    return DecoderBlueprint.of(TextModel.of(Golden.of(golden).model()));
  }

  /** Directions at random, all equally strong. */
  private static StreamDirections random(int width, long seed) {
    var random = new Random(seed);
    double[][] matrix = new double[width][width];
    for (int i = 0; i < width; i++) {
      for (int j = 0; j <= i; j++) {
        matrix[i][j] = random.nextGaussian();
        matrix[j][i] = matrix[i][j];
      }
    }
    return StreamDirections.of(matrix);
  }

  private static ActivationSettings settings() {
    return new ActivationSettings(
        2,
        6,
        ScoreAggregation.MEAN,
        ScoreAggregation.L2,
        ImportanceCriterion.CONTRIBUTION,
        1 << 20,
        1);
  }

  /** k = d: any orthonormal basis must leave what the library computes for the original. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama",
        "llama-tied-rope-llama3-scaling",
        "mistral",
        "qwen2",
        "qwen3",
        "mixtral",
        "qwen2-moe",
        "qwen3-moe"
      })
  void any_directions_say_what_the_original_says(String name) {
    DecoderBlueprint original = blueprint(name);
    try (RotatedModel rotated =
            RotatedModel.write(
                original, random(original.hidden().units(), 5), own.resolve("rotated"));
        NDManager manager = PyTorch.newManager();
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      Golden golden = Golden.of(name);
      TextModel model = rotated.blueprint().model();
      try (Weights weights = Weights.load(model.directory(), model.architecture())) {
        NDArray said = model.network().forward(weights, golden.tokens(manager), ForwardHooks.NONE);

        Golden.assertClose(said, golden.read("expected", "logits"), 1e-4);
        model.architecture().axes().stream()
            .filter(axis -> axis.name().equals("hidden"))
            .forEach(axis -> assertThat(axis.units()).isEqualTo(original.hidden().units()));
        assertThat(weights.get(original.norms(original.architecture()).get(0)).toFloatArray())
            .containsOnly(1);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("oracles")
  void a_narrower_stream_says_what_the_library_says_of_it(Oracle oracle) throws IOException {
    DecoderBlueprint original = blueprint(oracle.model());
    try (RotatedModel rotated =
        RotatedModel.of(
            original, settings(), oracle.texts(), "golden", own, Progress.Listener.NONE)) {
      DecoderBlueprint heard = heard(rotated.blueprint(), oracle);
      requireScales(heard, oracle);
      var kept = new Kept(Map.of("hidden", IntStream.range(0, oracle.k()).toArray()));
      List<Integer> layers = IntStream.range(0, heard.blocks().size()).boxed().toList();
      var subnet = new Subnet(kept, layers);
      var narrow = (TextModel) subnet.write(heard, Sharding.asBefore(), own.resolve("narrow"));

      assertThat(narrow.directory().config().path("hidden_size").intValue()).isEqualTo(oracle.k());
      assertThat(narrow.directory().config().path("tie_word_embeddings").asBoolean()).isFalse();
      requireLogits(narrow, oracle);
    }
    assertThat(own.resolve("minitron-rotated")).doesNotExist();
  }

  private DecoderBlueprint heard(DecoderBlueprint rotated, Oracle oracle) {
    ActivationScores activity =
        new ActivationMeasurement(rotated, settings(), oracle.texts(), "golden")
            .measure(own, Progress.Listener.NONE);
    return rotated.in(activity.basis(rotated));
  }

  private static void requireScales(DecoderBlueprint heard, Oracle oracle) {
    List<String> norms = heard.norms(heard.architecture());
    assertThat(norms).hasSize(oracle.scales().length);
    for (int i = 0; i < norms.size(); i++) {
      assertThat(heard.basis().scale(norms.get(i), oracle.k()).orElseThrow())
          .as(norms.get(i))
          .isCloseTo(oracle.scales()[i], within(1e-5));
      assertThat(heard.basis().scale(norms.get(i), heard.hidden().units())).isEmpty();
    }
  }

  private static void requireLogits(TextModel narrow, Oracle oracle) {
    try (Weights weights = Weights.load(narrow.directory(), narrow.architecture());
        NDManager manager = PyTorch.newManager();
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray said =
          narrow.network().forward(weights, Tokens.of(manager, oracle.asked()), ForwardHooks.NONE);
      double[] wanted = Arrays.stream(oracle.logits()).flatMapToDouble(Arrays::stream).toArray();
      double[] found = Tensors.inDoublePrecision(said).toDoubleArray();
      assertThat(found).hasSize(wanted.length);
      double largest = Arrays.stream(wanted).map(Math::abs).max().orElseThrow();
      for (int i = 0; i < found.length; i++) {
        assertThat(found[i]).isCloseTo(wanted[i], within(1e-4 * largest));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("oracles")
  void strengths_are_those_of_the_library(Oracle oracle) {
    StreamDirections found =
        new DirectionMeasurement(blueprint(oracle.model()), settings(), oracle.texts(), "golden")
            .measure(own, Progress.Listener.NONE);

    double sum = Arrays.stream(found.strengths()).sum();
    assertThat(sum).isCloseTo(found.width(), within(1e-9 * found.width()));
    for (int i = 0; i < found.width(); i++) {
      assertThat(found.strengths()[i]).isCloseTo(oracle.strengths()[i], within(1e-5));
    }
  }

  @Test
  void directions_are_found_again_and_only_for_the_same_data() throws IOException {
    Oracle oracle = oracles().findFirst().orElseThrow();
    DecoderBlueprint model = blueprint(oracle.model());
    var first = new DirectionMeasurement(model, settings(), oracle.texts(), "golden");
    var other = new DirectionMeasurement(model, settings(), oracle.texts(), "others");
    StreamDirections measured = first.measure(own, Progress.Listener.NONE);
    Progress.Listener refusing =
        step -> {
          throw new AssertionError(step.toString());
        };

    assertThat(first.measure(own, refusing).rows()).containsExactly(measured.rows());
    assertThatThrownBy(() -> other.measure(own, refusing)).isInstanceOf(AssertionError.class);
    try (Stream<Path> files = Files.list(own)) {
      Path kept = files.findFirst().orElseThrow();
      Files.write(kept, new byte[] {1, 2, 3});
    }
    assertThatThrownBy(() -> first.measure(own, refusing)).isInstanceOf(AssertionError.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "gptj", "gemma2", "gemma3"})
  void other_families_are_refused_by_name(String name) {
    assertThatThrownBy(() -> RotatedModel.require(blueprint(name)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("family " + (name.startsWith("gemma") ? "gemma" : name))
        .hasMessageContaining(name.startsWith("gemma") ? "before it is added" : "LayerNorm")
        .hasMessageContaining("ask for hidden: channels");
  }

  @Test
  void a_model_directory_opens_as_the_tied_one_did_not() {
    DecoderBlueprint tied = blueprint("llama-tied-rope-llama3-scaling");
    try (RotatedModel rotated =
        RotatedModel.write(tied, random(tied.hidden().units(), 2), own.resolve("rotated"))) {
      ModelDirectory directory = rotated.blueprint().model().directory();

      assertThat(rotated.untied()).containsExactly("lm_head.weight");
      assertThat(directory.tensors()).containsKey("lm_head.weight");
      assertThat(tied.model().directory().tensors()).doesNotContainKey("lm_head.weight");
    }
  }
}
