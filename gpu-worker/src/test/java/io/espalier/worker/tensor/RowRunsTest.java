package io.espalier.worker.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.TensorHeader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests of reads of a tensor with some rows kept. */
final class RowRunsTest {
  private static final TensorHeader TENSOR = TensorHeader.of("w", DType.F32, 10, 2, 3);

  private final List<String> reads = new ArrayList<>();

  /** Gives each element its position in the tensor. */
  private void stored(long from, ByteBuffer into) {
    reads.add("%d from %d".formatted(into.remaining() / Float.BYTES, from));
    for (long i = from; into.hasRemaining(); i++) {
      into.putFloat((float) i);
    }
  }

  private float[] read(int from, int count, int... rows) {
    ByteBuffer into = ByteBuffer.allocateDirect(count * Float.BYTES).order(ByteOrder.nativeOrder());
    new RowRuns(TENSOR, rows).fill(this::stored, from, into, Float.BYTES);
    assertThat(into.hasRemaining()).isFalse();
    float[] found = new float[count];
    into.flip().asFloatBuffer().get(found);
    return found;
  }

  @Test
  void rows_that_follow_each_other_are_read_at_once_and_others_not_at_all() {
    float[] found = read(0, 24, 1, 2, 3, 7);

    assertThat(reads).containsExactly("18 from 6", "6 from 42");
    for (int i = 0; i < 24; i++) {
      assertThat(found[i]).isEqualTo(i < 18 ? 6 + i : 42 + i - 18);
    }
  }

  @Test
  void a_stretch_may_begin_and_end_within_rows() {
    float[] found = read(4, 16, 0, 1, 2, 9);

    assertThat(reads).containsExactly("14 from 4", "2 from 54");
    assertThat(found).startsWith(4, 5, 6).endsWith(17, 54, 55);
  }

  @ParameterizedTest
  @CsvSource({"1024, 100, true", "1024, 999, false", "1, 100, false"})
  void few_rows_are_read_alone_if_they_are_large(int width, int rows, boolean pay) {
    TensorHeader tensor = TensorHeader.of("w", DType.F32, 1000, width);
    int[] every = new int[rows];
    for (int i = 0; i < rows; i++) {
      every[i] = i * 1000 / rows;
    }

    assertThat(new RowRuns(tensor, every).pay()).isEqualTo(pay);
  }
}
