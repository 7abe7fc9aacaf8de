package io.espalier.worker.algorithm.importance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.Numbers;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against naive loops. */
class RowDistancesTest {
  @ParameterizedTest
  @CsvSource({"1, 5, 4, 0", "7, 3, 4, 0", "8, 8, 4, 0", "13, 9, 4, 0", "13, 9, 4, 1000"})
  void blocks_of_any_size_give_what_the_loops_give(int rows, int columns, int block, float offset) {
    var random = new Random(rows);
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = offset + (float) random.nextGaussian();
    }

    double[] found = RowDistances.sums(numbers(values), rows, block);

    assertThat(found).containsExactly(naive(values, rows), within(1e-9));
  }

  @ParameterizedTest
  @CsvSource({"0.3", "-7e8"})
  void rows_that_are_all_alike_have_no_distance(float value) {
    float[] values = new float[5 * 6];
    Arrays.fill(values, value);

    assertThat(RowDistances.sums(numbers(values), 5, 2))
        .containsExactly(new double[5], within(1e-6 * Math.abs(value)));
  }

  private static double[] naive(float[] values, int rows) {
    int columns = values.length / rows;
    double[] sums = new double[rows];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < rows; j++) {
        double squares = 0;
        for (int k = 0; k < columns; k++) {
          squares += Math.pow((double) values[i * columns + k] - values[j * columns + k], 2);
        }
        sums[i] += Math.sqrt(squares);
      }
    }
    return sums;
  }

  private static Numbers numbers(float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return Numbers.of(new TensorData(DType.F32, new long[] {values.length}, bytes));
  }
}
