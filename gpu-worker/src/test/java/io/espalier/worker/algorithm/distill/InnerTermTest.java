package io.espalier.worker.algorithm.distill;

import static io.espalier.worker.tensor.Golden.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.Gradients;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against PyTorch's values and gradients, see {@code inner.py}. */
final class InnerTermTest {
  private static final double TOLERANCE = 1e-4;
  private static final long SEED = 42; // that of inner.py

  private final NDManager manager = PyTorch.newManager();
  private final Golden golden = Golden.of("scores/distillation");
  private final Map<String, NDArray> trained = new LinkedHashMap<>();

  @AfterEach
  void close() {
    manager.close();
  }

  @ParameterizedTest
  @CsvSource({"attention_kl, DIVERGENCE", "attention_mse, SQUARED_SCORES"})
  void attention_is_compared_by_the_heads_that_stayed(String values, AttentionDistance distance) {
    var term = new AttentionLoss(0, 1, List.of(0, 2), distance, 1);
    NDArray never = Tensors.scale(read("attention.hidden"), -Float.MAX_VALUE);

    assertGolden(
        values,
        term,
        "attention.student",
        scores -> Tensors.add(scores, never),
        Tensors.add(read("attention.teacher"), never));
  }

  @Test
  void feature_maps_are_compared_by_the_channels_that_stayed() {
    var term = new InnerLoss(2, 2, List.of(5, 0, 3), FeatureLoss.SQUARED_ERROR, 1);

    assertGolden("kept_maps", term, "map.narrow", map -> map, read("map.teacher"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"narrow", "wide"})
  void maps_are_generated_from_what_is_not_covered(String kind) {
    int channels = kind.equals("narrow") ? 3 : 6;
    var widths = new MaskedGeneration.Widths(channels, 6);
    var term = new MaskedGeneration(2, 2, widths, MaskedGeneration.COVERED, 1, 1);

    assertGolden("generation_" + kind, term, "map." + kind, map -> map, read("map.teacher"));
    assertThat(trained).hasSize(kind.equals("narrow") ? 6 : 4);
  }

  @ParameterizedTest
  @CsvSource({"projected_mse, SQUARED_ERROR", "projected_cosine, COSINE"})
  void a_projection_stands_between_streams_of_different_widths(String values, FeatureLoss loss) {
    var term = new ProjectedLoss(1, 3, new ProjectedLoss.Projection(4, 6, 1), loss, 1);

    assertGolden(values, term, "stream.student", state -> state, read("stream.teacher"));
    assertThat(trained).containsOnlyKeys("stream.projection.weight");
    assertThat(term.companions().get(0).shape()).containsExactly(6, 4);
  }

  @ParameterizedTest
  @CsvSource({"rotated_mse, SQUARED_ERROR", "rotated_cosine, COSINE"})
  void a_rotated_stream_is_compared_along_its_directions(String values, FeatureLoss loss) {
    float[] rows = read("stream.basis").toFloatArray();
    var term = new RotatedLoss(1, 3, new RotatedLoss.Directions(4, 6, rows), loss, 1);

    assertGolden(values, term, "stream.student", state -> state, read("stream.teacher"));
    assertThatThrownBy(() -> term.wanted(read("stream.student")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("has 4 channels, but directions of 6 were kept");
  }

  @Test
  void companions_are_drawn_within_their_bounds_by_seed_and_name() {
    var widths = new MaskedGeneration.Widths(3, 4);
    List<Companion> all = new MaskedGeneration(2, 2, widths, 0.5, 1, 1).companions();
    List<Companion> others = new MaskedGeneration(2, 2, widths, 0.5, 2, 1).companions();
    try (Weights drawn = Companion.drawn(all);
        Weights again = Companion.drawn(all);
        Weights other = Companion.drawn(others)) {
      float[] align = drawn.get("generation.2.align.weight").toFloatArray();
      float[] first = drawn.get("generation.2.first.weight").toFloatArray();

      assertThat(drawn.names()).hasSize(6).isEqualTo(drawn.trainable());
      assertThat(largest(align)).isBetween(0.7f / 1.7321f, 1 / 1.732f); // of 12 numbers
      assertThat(largest(first)).isBetween(0.95f / 6, 1 / 6f); // of 144
      assertThat(first[0]).isNotEqualTo(drawn.get("generation.2.second.weight").toFloatArray()[0]);
      assertThat(again.get("generation.2.first.weight").toFloatArray()).isEqualTo(first);
      assertThat(other.get("generation.2.first.weight").toFloatArray()).isNotEqualTo(first);
    }
  }

  @Test
  void what_does_not_fit_is_refused() {
    NDArray scores = read("attention.student");
    var attention = new AttentionLoss(0, 1, List.of(0, 3), AttentionDistance.DIVERGENCE, 1);
    var all = new AttentionLoss(0, 1, List.of(), AttentionDistance.DIVERGENCE, 1);
    var generation = new MaskedGeneration(4, 4, new MaskedGeneration.Widths(3, 7), 0.5, SEED, 1);

    assertThatThrownBy(() -> attention.wanted(read("attention.teacher")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("has 3 heads, but those kept are [0, 3]");
    assertThatThrownBy(
            () ->
                all.losses(
                    scores, all.wanted(read("attention.teacher")), InnerTermTest::none, random()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("say which heads were kept");
    assertThatThrownBy(() -> generation.wanted(read("map.teacher")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("wanted (batch, 7, h, w) at place 4 of the teacher");
  }

  /** Compares the losses of rows, and gradients of a sum that weighs each row by its number. */
  private void assertGolden(
      String values,
      InnerTerm term,
      String student,
      Function<NDArray, NDArray> prepared,
      NDArray teacher) {
    NDArray found = read(student);
    Gradients.require(found, true);
    NDArray wanted = term.wanted(teacher);
    Gradients.of(
        () -> {
          NDArray rows =
              term.losses(prepared.apply(found), wanted, name -> trained(name, student), random());
          assertClose(rows, golden.read("inner", values + ".rows"), TOLERANCE);
          double[] weights = new double[Math.toIntExact(rows.size())];
          java.util.Arrays.setAll(weights, i -> i + 1);
          NDArray weighed = Tensors.of(manager, weights, weights.length);
          return Tensors.sum(Tensors.multiply(rows, Tensors.inTypeOf(rows, weighed)));
        });
    String gradient = values + ".gradient.";
    assertClose(Gradients.at(found), golden.read("inner", gradient + student), TOLERANCE);
    trained.forEach(
        (name, array) ->
            assertClose(Gradients.at(array), golden.read("inner", gradient + name), TOLERANCE));
  }

  /** What is trained along, as the script has it: under the name of what the student has. */
  private NDArray trained(String name, String student) {
    String kind = student.substring(0, student.indexOf('.'));
    String stem = kind + "." + name.replaceFirst("generation\\.\\d+\\.", "");
    return trained.computeIfAbsent(
        stem,
        known -> {
          NDArray array = read(known);
          Gradients.require(array, true);
          return array;
        });
  }

  private NDArray read(String name) {
    var data = golden.read("inner", name);
    float[] numbers = new float[data.bytes().remaining() / Float.BYTES];
    data.bytes().asFloatBuffer().get(numbers);
    return Tensors.of(manager, numbers, data.shape());
  }

  private static float largest(float[] numbers) {
    float largest = 0;
    for (float number : numbers) {
      largest = Math.max(largest, Math.abs(number));
    }
    return largest;
  }

  private static NDArray none(String name) {
    throw new AssertionError(name);
  }

  private static SplittableRandom random() {
    return new SplittableRandom(SEED);
  }
}
