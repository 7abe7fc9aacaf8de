package io.espalier.worker.algorithm.reconstruct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.tensor.FeatureMaps;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Windows against naive loops, and as the rows of the convolution itself. */
class ConvolutionWindowsTest {
  private static final int BATCH = 2;
  private static final int CHANNELS = 3;
  private static final int HEIGHT = 6;
  private static final int WIDTH = 5;

  @ParameterizedTest
  @CsvSource({"1,1,0", "3,1,1", "3,2,1", "5,2,2", "1,2,0", "4,1,0"})
  void rows_are_what_loops_over_the_image_read(int kernel, int stride, int padding) {
    try (NDManager manager = PyTorch.newManager();
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      float[] image = drawn(BATCH * CHANNELS * HEIGHT * WIDTH);
      int across = (WIDTH + 2 * padding - kernel) / stride + 1;
      int[] places = {0, across - 1, across};
      NDArray x = Tensors.of(manager, image, BATCH, CHANNELS, HEIGHT, WIDTH);

      float[] rows = new ConvolutionWindows(kernel, stride, padding).read(x, places).toFloatArray();

      int next = 0;
      for (int n = 0; n < BATCH; n++) {
        for (int place : places) {
          for (int i = 0; i < kernel * kernel; i++) {
            for (int c = 0; c < CHANNELS; c++) {
              int row = place / across * stride + i / kernel - padding;
              int column = place % across * stride + i % kernel - padding;
              boolean inside = row >= 0 && row < HEIGHT && column >= 0 && column < WIDTH;
              float wanted =
                  inside ? image[((n * CHANNELS + c) * HEIGHT + row) * WIDTH + column] : 0;
              assertThat(rows[next++]).isEqualTo(wanted);
            }
          }
        }
      }
      assertThat(next).isEqualTo(rows.length);
    }
  }

  @ParameterizedTest
  @CsvSource({"3,1,1", "3,2,1", "1,1,0"})
  void rows_times_the_weight_are_what_the_convolution_says(int kernel, int stride, int padding) {
    try (NDManager manager = PyTorch.newManager();
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      float[] image = drawn(BATCH * CHANNELS * HEIGHT * WIDTH);
      NDArray x = Tensors.of(manager, image, BATCH, CHANNELS, HEIGHT, WIDTH);
      float[] weights = drawn(4 * CHANNELS * kernel * kernel);
      NDArray weight = Tensors.of(manager, weights, 4, CHANNELS, kernel, kernel);
      NDArray y = FeatureMaps.conv2d(x, weight, stride, padding);
      int across = Math.toIntExact(y.getShape().get(3));
      int[] places = {1, across, across + 1};

      NDArray rows = new ConvolutionWindows(kernel, stride, padding).read(x, places);

      NDArray said = Tensors.products(rows, ConvolutionWindows.rows(weight));
      assertThat(said.toFloatArray())
          .containsExactly(ConvolutionWindows.said(y, places).toFloatArray(), offset(1e-5f));
      NDArray again = ConvolutionWindows.weight(ConvolutionWindows.rows(weight), weight.getShape());
      assertThat(again.toFloatArray()).isEqualTo(weights);
    }
  }

  private static float[] drawn(int count) {
    var random = new Random(3);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return values;
  }
}
