package io.espalier.worker.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Operations against their definitions, as naive loops or by hand. */
final class TensorsTest {
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = PyTorch.newManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @ParameterizedTest
  @CsvSource({"1,1,1", "2,1,1", "2,3,1", "1,0,1", "1,1,2"})
  void convolution_is_its_naive_loop(int stride, int padding, int groups) {
    float[] x = random(2 * 4 * 7 * 6);
    float[] w = random(6 * (4 / groups) * 3 * 3);
    float[] bias = random(6);

    NDArray out =
        FeatureMaps.conv2d(
            Tensors.of(manager, x, 2, 4, 7, 6),
            Tensors.of(manager, w, 6, 4 / groups, 3, 3),
            Tensors.of(manager, bias, 6),
            stride,
            padding);

    int height = (7 + 2 * padding - 3) / stride + 1;
    int width = (6 + 2 * padding - 3) / stride + 1;
    assertThat(out.getShape().getShape()).containsExactly(2, 6, height, width);
    float[] found = out.toFloatArray();
    for (int i = 0; i < found.length; i++) {
      int col = i % width;
      int row = i / width % height;
      int channel = i / width / height % 6;
      int image = i / width / height / 6;
      double sum = bias[channel];
      for (int in = 0; in < 4 / groups; in++) {
        for (int k = 0; k < 9; k++) {
          int r = row * stride - padding + k / 3;
          int c = col * stride - padding + k % 3;
          if (r >= 0 && r < 7 && c >= 0 && c < 6) {
            int from = channel / (6 / groups) * (4 / groups) + in;
            sum +=
                (double) x[((image * 4 + from) * 7 + r) * 6 + c]
                    * w[(channel * (4 / groups) + in) * 9 + k];
          }
        }
      }
      assertThat((double) found[i]).isCloseTo(sum, within(1e-4));
    }
  }

  @Test
  void batch_norm_in_training_uses_the_batch_and_moves_the_running_statistics_by_momentum() {
    NDArray x =
        Tensors.of(manager, new float[] {1, 2, 3, 6}, 2, 1, 1, 2); // mean 3, biased variance 3.5
    BatchNorm norm = norm(2, 10, 5, 8);

    NDArray out = FeatureMaps.batchNormTraining(x, norm, 0.25);

    double deviation = Math.sqrt(3.5 + 1e-5);
    assertThat(out.toFloatArray())
        .containsExactly(
            new float[] {
              (float) (2 * (1 - 3) / deviation + 10),
              (float) (2 * (2 - 3) / deviation + 10),
              10f,
              (float) (2 * (6 - 3) / deviation + 10)
            },
            within(1e-5f));
    assertThat(norm.mean().getFloat(0)).isCloseTo(0.75f * 5 + 0.25f * 3, within(1e-6f));
    assertThat(norm.variance().getFloat(0))
        .isCloseTo((float) (0.75 * 8 + 0.25 * 14 / 3), within(1e-6f)); // unbiased: 14 / 3
  }

  @Test
  void batch_norm_in_use_takes_the_running_statistics_and_leaves_them() {
    NDArray x = Tensors.of(manager, new float[] {1, 2, 3, 6}, 2, 1, 1, 2);
    BatchNorm norm = norm(2, 10, 5, 4);

    NDArray out = FeatureMaps.batchNorm(x, norm);

    assertThat(out.toFloatArray()).containsExactly(new float[] {6, 7, 8, 11}, within(1e-4f));
    assertThat(norm.mean().getFloat(0)).isEqualTo(5);
    assertThat(norm.variance().getFloat(0)).isEqualTo(4);
  }

  @Test
  void average_pooling_rounds_up_and_averages_what_is_there() {
    NDArray x = Tensors.of(manager, new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9}, 1, 1, 3, 3);

    NDArray out = FeatureMaps.averagePool(x, 2, 2);

    assertThat(out.getShape().getShape()).containsExactly(1, 1, 2, 2);
    assertThat(out.toFloatArray()).containsExactly(3, 4.5f, 7.5f, 9);
  }

  @Test
  void average_pooling_inside_drops_what_is_left_over() {
    NDArray x = Tensors.of(manager, new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9}, 1, 1, 3, 3);

    NDArray out = FeatureMaps.averagePoolInside(x, 2, 2);

    assertThat(out.getShape().getShape()).containsExactly(1, 1, 1, 1);
    assertThat(out.toFloatArray()).containsExactly(3);
  }

  @Test
  void concatenated_channels_follow_one_another_within_each_image() {
    NDArray a = Tensors.of(manager, new float[] {1, 2, 3, 4}, 2, 1, 1, 2);
    NDArray b = Tensors.of(manager, new float[] {5, 6, 7, 8, 9, 10, 11, 12}, 2, 2, 1, 2);

    NDArray out = FeatureMaps.concatChannels(a, b);

    assertThat(out.getShape().getShape()).containsExactly(2, 3, 1, 2);
    assertThat(out.toFloatArray()).containsExactly(1, 2, 5, 6, 7, 8, 3, 4, 9, 10, 11, 12);
  }

  @Test
  void max_pooling_never_takes_its_padding() {
    NDArray x = Tensors.of(manager, new float[] {-1, -2, -3, -4, -5, -6, -7, -8, -9}, 1, 1, 3, 3);

    NDArray out = FeatureMaps.maxPool(x, 3, 2, 1);

    assertThat(out.toFloatArray()).containsExactly(-1, -2, -4, -5);
  }

  @Test
  void global_pooling_averages_each_channel() {
    NDArray x = Tensors.of(manager, new float[] {1, 3, 5, 11, 2, 2, 2, 6}, 1, 2, 2, 2);

    NDArray out = FeatureMaps.globalAveragePool(x);

    assertThat(out.getShape().getShape()).containsExactly(1, 2);
    assertThat(out.toFloatArray()).containsExactly(5, 3);
  }

  @ParameterizedTest
  @CsvSource({"2,1,7,7", "5,7,2,3", "4,4,2,2", "3,3,1,1", "1,1,3,2"})
  void pooling_to_a_size_averages_windows_that_cover_evenly(int h, int w, int height, int width) {
    float[] x = random(2 * 3 * h * w);

    NDArray out = FeatureMaps.averagePoolTo(Tensors.of(manager, x, 2, 3, h, w), height, width);

    assertThat(out.getShape().getShape()).containsExactly(2, 3, height, width);
    float[] found = out.toFloatArray();
    for (int i = 0; i < found.length; i++) {
      int col = i % width;
      int row = i / width % height;
      int image = i / width / height;
      double sum = 0;
      int count = 0;
      for (int r = row * h / height; r < Math.ceil((row + 1.0) * h / height); r++) {
        for (int c = col * w / width; c < Math.ceil((col + 1.0) * w / width); c++) {
          sum += x[(image * h + r) * w + c];
          count++;
        }
      }
      assertThat((double) found[i]).isCloseTo(sum / count, within(1e-6));
    }
  }

  @Test
  void smooth_activations_are_their_formulas() {
    float[] x = {-30, -2, -0.5f, 0, 1, 4, 30};
    NDArray array = Tensors.of(manager, x, x.length);

    float[] sigmoid = Tensors.sigmoid(array).toFloatArray();
    float[] silu = Tensors.silu(array).toFloatArray();

    for (int i = 0; i < x.length; i++) {
      double expected = 1 / (1 + Math.exp(-x[i]));
      assertThat((double) sigmoid[i]).isCloseTo(expected, within(1e-6));
      assertThat((double) silu[i]).isCloseTo(x[i] * expected, within(1e-5));
    }
  }

  @Test
  void hard_activations_are_straight_between_their_kinks() {
    NDArray x = Tensors.of(manager, new float[] {-4, -3, -1.5f, 0, 1.5f, 3, 5, 7}, 8);

    assertThat(Tensors.relu6(x).toFloatArray()).containsExactly(0, 0, 0, 0, 1.5f, 3, 5, 6);
    assertThat(Tensors.hardSigmoid(x).toFloatArray())
        .containsExactly(new float[] {0, 0, 0.25f, 0.5f, 0.75f, 1, 1, 1}, within(1e-6f));
    assertThat(Tensors.hardSwish(x).toFloatArray())
        .containsExactly(new float[] {0, 0, -0.375f, 0, 1.125f, 3, 5, 7}, within(1e-6f));
  }

  @Test
  void slopes_of_activations_are_their_derivatives() {
    float[] x = {-4, -1, 2, 4, 7};

    assertThat(slopes(Tensors::relu6, x))
        .containsExactly(new float[] {0, 0, 1, 1, 0}, within(1e-6f));
    assertThat(slopes(Tensors::hardSigmoid, x))
        .containsExactly(new float[] {0, 1 / 6f, 1 / 6f, 0, 0}, within(1e-6f));
    assertThat(slopes(Tensors::hardSwish, x)) // (2 x + 3) / 6 between the kinks
        .containsExactly(new float[] {0, 1 / 6f, 7 / 6f, 1, 1}, within(1e-6f));
    float[] sigmoid = slopes(Tensors::sigmoid, x);
    float[] silu = slopes(Tensors::silu, x);
    for (int i = 0; i < x.length; i++) {
      double s = 1 / (1 + Math.exp(-x[i]));
      assertThat((double) sigmoid[i]).isCloseTo(s * (1 - s), within(1e-6));
      assertThat((double) silu[i]).isCloseTo(s + x[i] * s * (1 - s), within(1e-5));
    }
  }

  @Test
  void pooling_up_spreads_the_slope_over_its_windows() {
    NDArray x = Tensors.of(manager, new float[] {1, 2}, 1, 1, 2, 1);
    Gradients.require(x, true);

    Gradients.of(
        () -> Tensors.sum(FeatureMaps.averagePoolTo(x, 3, 2))); // rows 0, 0 and 1, 1 of two columns

    assertThat(Gradients.at(x).toFloatArray()).containsExactly(3, 3);
  }

  @Test
  void the_parameter_free_shortcut_takes_every_second_pixel_and_pads_channels_on_both_sides() {
    float[] image = {1, 2, 3, 4, 5, 6, 7, 8, 9};

    NDArray out =
        FeatureMaps.padChannels(
            FeatureMaps.subsample(Tensors.of(manager, image, 1, 1, 3, 3), 2), 1, 2);

    assertThat(out.getShape().getShape()).containsExactly(1, 4, 2, 2);
    assertThat(out.toFloatArray()).containsExactly(0, 0, 0, 0, 1, 3, 7, 9, 0, 0, 0, 0, 0, 0, 0, 0);
  }

  @Test
  void selection_on_an_inner_axis_keeps_the_asked_order() {
    NDArray x = Tensors.of(manager, new float[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 2, 3, 2);

    NDArray out = Tensors.select(x, 1, 2, 0);

    assertThat(out.toFloatArray()).containsExactly(4, 5, 0, 1, 10, 11, 6, 7);
  }

  @Test
  void cross_entropy_is_the_mean_negative_log_probability_of_the_label() {
    double[][] logits = {{1, 2, 4}, {-1, 0, 3}};
    NDArray x = Tensors.of(manager, new float[] {1, 2, 4, -1, 0, 3}, 2, 3);

    NDArray loss = Losses.crossEntropy(x, Tensors.of(manager, new long[] {1, 2}, 2));

    double first = Math.log(Math.exp(1) + Math.exp(2) + Math.exp(4)) - logits[0][1];
    double second = Math.log(Math.exp(-1) + Math.exp(0) + Math.exp(3)) - logits[1][2];
    assertThat((double) loss.getFloat()).isCloseTo((first + second) / 2, within(1e-6));
  }

  @Test
  void softmax_sums_to_one_where_exponentials_would_overflow() {
    NDArray x = Tensors.of(manager, new float[] {1000, 1000}, 1, 2);

    assertThat(Tensors.softmax(x, 1).toFloatArray()).containsExactly(0.5f, 0.5f);
  }

  @Test
  void filling_replaces_even_what_is_not_a_number() {
    NDArray x = Tensors.of(manager, new float[] {Float.NaN, Float.POSITIVE_INFINITY, 3}, 3);

    Tensors.fill(x, 1);

    assertThat(x.toFloatArray()).containsExactly(1, 1, 1);
  }

  @Test
  void an_array_keeps_its_numbers_when_the_java_array_changes() {
    float[] values = {1, 2};
    NDArray x = Tensors.of(manager, values, 2);

    values[0] = 9;

    assertThat(x.toFloatArray()).containsExactly(1, 2);
  }

  private float[] slopes(UnaryOperator<NDArray> activation, float... at) {
    NDArray x = Tensors.of(manager, at, at.length);
    Gradients.require(x, true);
    Gradients.of(() -> Tensors.sum(activation.apply(x)));
    return Gradients.at(x).toFloatArray();
  }

  private BatchNorm norm(float weight, float bias, float mean, float variance) {
    return new BatchNorm(
        Tensors.of(manager, new float[] {weight}, 1),
        Tensors.of(manager, new float[] {bias}, 1),
        Tensors.of(manager, new float[] {mean}, 1),
        Tensors.of(manager, new float[] {variance}, 1));
  }

  private static float[] random(int size) {
    var random = new Random(size);
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
