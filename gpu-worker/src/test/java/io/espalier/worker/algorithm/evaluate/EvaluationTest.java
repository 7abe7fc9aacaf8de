package io.espalier.worker.algorithm.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import io.espalier.worker.data.Batch;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class EvaluationTest {
  private static final Golden GOLDEN = Golden.of("cifar-resnet20");

  private NDManager manager;
  private Weights weights;

  @BeforeEach
  void open() {
    manager = PyTorch.newManager();
    weights = GOLDEN.weights(manager);
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void quality_is_that_of_torch_whatever_the_batch(int batch) {
    ImageDataset data = goldenImages();
    double expectedLoss = GOLDEN.read("expected", "loss").bytes().getFloat();

    Evaluation.Quality quality =
        Evaluation.quality(GOLDEN.family(), weights, data, batch, Progress.Listener.NONE);

    assertThat(quality.loss()).isCloseTo(expectedLoss, within(1e-4 * expectedLoss));
    assertThat(quality.accuracy()).isEqualTo(goldenAccuracy());
    assertThat(quality.samples()).isEqualTo(2);
  }

  @Test
  void every_batch_is_reported() {
    var heard = new ArrayList<Progress>();

    Evaluation.quality(GOLDEN.family(), weights, goldenImages(), 1, heard::add);

    assertThat(heard).extracting(Progress::done).containsExactly(1L, 2L);
    assertThat(heard).extracting(Progress::total).containsOnly(2L);
    assertThat(heard.get(1).values()).containsKeys("accuracy", "loss");
  }

  @Test
  void measuring_changes_no_weight() {
    float[] before = weights.get("bn1.running_mean").toFloatArray();

    Evaluation.quality(GOLDEN.family(), weights, goldenImages(), 2, Progress.Listener.NONE);

    assertThat(weights.get("bn1.running_mean").toFloatArray()).containsExactly(before);
  }

  @Test
  void calibration_averages_the_statistics_of_the_batches() {
    BatchNormCalibration.recalibrate(GOLDEN.family(), weights, goldenImages(), 1);

    float[] mean = weights.get("bn1.running_mean").toFloatArray();
    float[] variance = weights.get("bn1.running_var").toFloatArray();
    for (int channel = 0; channel < 16; channel++) {
      double[] first = moments(firstConvolution(0, channel));
      double[] second = moments(firstConvolution(1, channel));
      assertThat((double) mean[channel]).isCloseTo((first[0] + second[0]) / 2, within(1e-4));
      assertThat((double) variance[channel]).isCloseTo((first[1] + second[1]) / 2, within(1e-3));
    }
  }

  @Test
  void calibration_forgets_what_was_there_even_if_it_was_not_a_number() {
    Weights spoilt = weights.keep(io.espalier.worker.domain.model.Kept.all());
    io.espalier.worker.tensor.Tensors.fill(spoilt.get("bn1.running_mean"), Double.NaN);

    BatchNormCalibration.recalibrate(GOLDEN.family(), weights, goldenImages(), 2);
    BatchNormCalibration.recalibrate(GOLDEN.family(), spoilt, goldenImages(), 2);

    assertThat(spoilt.get("bn1.running_mean").toFloatArray())
        .containsExactly(weights.get("bn1.running_mean").toFloatArray());
  }

  @Test
  void latency_has_a_median_between_its_bounds() {
    Latency latency = Evaluation.latency(GOLDEN.family(), weights, 11, 3, 32, 32);

    assertThat(latency.repetitions()).isEqualTo(11);
    assertThat(latency.lowMillis()).isPositive().isLessThanOrEqualTo(latency.medianMillis());
    assertThat(latency.highMillis()).isGreaterThanOrEqualTo(latency.medianMillis());
  }

  @Test
  void quantiles_lie_between_neighbours_in_proportion() {
    Latency latency = Latency.of(new long[] {4_000_000, 1_000_000, 3_000_000, 2_000_000});

    assertThat(latency.medianMillis()).isEqualTo(2.5);
    assertThat(latency.lowMillis()).isCloseTo(1.3, within(1e-12));
    assertThat(latency.highMillis()).isCloseTo(3.7, within(1e-12));
  }

  @Test
  void an_empty_data_set_is_refused() {
    assertThatThrownBy(
            () ->
                Evaluation.quality(
                    GOLDEN.family(), weights, images(0, new float[0]), 4, Progress.Listener.NONE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("empty");
  }

  private static double goldenAccuracy() {
    FloatBuffer logits = GOLDEN.read("expected", "logits").bytes().asFloatBuffer();
    var labels = GOLDEN.read("inputs", "labels").bytes().asLongBuffer();
    int hits = 0;
    for (int image = 0; image < 2; image++) {
      int best = 0;
      for (int c = 1; c < 10; c++) {
        best = logits.get(image * 10 + c) > logits.get(image * 10 + best) ? c : best;
      }
      hits += best == labels.get(image) ? 1 : 0;
    }
    return hits / 2.0;
  }

  /** Returns what the first convolution gives for one image and output channel, as a naive loop. */
  private static double[] firstConvolution(int image, int channel) {
    FloatBuffer x = GOLDEN.read("inputs", "pixel_values").bytes().asFloatBuffer();
    FloatBuffer w = GOLDEN.model().read("conv1.weight").bytes().asFloatBuffer();
    double[] out = new double[32 * 32];
    for (int i = 0; i < out.length; i++) {
      for (int k = 0; k < 27; k++) {
        int row = i / 32 - 1 + k % 9 / 3;
        int col = i % 32 - 1 + k % 3;
        if (row >= 0 && row < 32 && col >= 0 && col < 32) {
          out[i] +=
              (double) x.get(((image * 3 + k / 9) * 32 + row) * 32 + col) * w.get(channel * 27 + k);
        }
      }
    }
    return out;
  }

  /** Mean and unbiased variance. */
  private static double[] moments(double[] values) {
    double mean = 0;
    for (double value : values) {
      mean += value / values.length;
    }
    double squares = 0;
    for (double value : values) {
      squares += (value - mean) * (value - mean);
    }
    return new double[] {mean, squares / (values.length - 1)};
  }

  private static ImageDataset goldenImages() {
    float[] pixels = new float[2 * 3 * 32 * 32];
    GOLDEN.read("inputs", "pixel_values").bytes().asFloatBuffer().get(pixels);
    return images(2, pixels);
  }

  private static ImageDataset images(int size, float[] pixels) {
    return new ImageDataset() {
      @Override
      public int size() {
        return size;
      }

      @Override
      public int classes() {
        return 10;
      }

      @Override
      public int channels() {
        return 3;
      }

      @Override
      public int height() {
        return 32;
      }

      @Override
      public int width() {
        return 32;
      }

      @Override
      public Batch batch(int[] indices) {
        int image = 3 * 32 * 32;
        float[] chosen = new float[indices.length * image];
        long[] labels = new long[indices.length];
        for (int i = 0; i < indices.length; i++) {
          System.arraycopy(pixels, indices[i] * image, chosen, i * image, image);
          labels[i] = GOLDEN.read("inputs", "labels").bytes().asLongBuffer().get(indices[i]);
        }
        return new Batch(chosen, labels);
      }

      @Override
      public String fingerprint() {
        return "golden";
      }
    };
  }
}
