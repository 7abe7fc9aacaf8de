package io.espalier.worker.algorithm.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.worker.PropertySeed;
import io.espalier.worker.checkpoint.safetensors.DType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.FloatRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class QuantizationProperties {
  @Property(seed = PropertySeed.FIXED)
  void what_is_packed_comes_back(
      @ForAll @Size(min = 1, max = 70) byte[] bytes,
      @ForAll boolean four,
      @ForAll @IntRange(min = 1, max = 3) int step) {
    int bits = four ? 4 : 8;
    int count = (bytes.length + step - 1) / step;
    byte[] integers = new byte[count * step];
    for (int i = 0; i < bytes.length; i++) {
      integers[i] = (byte) (four ? bytes[i] >> 4 : bytes[i]);
    }
    ByteBuffer words =
        ByteBuffer.allocate(PackedIntegers.words(count, bits) * Integer.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);

    PackedIntegers.pack(integers, 0, count, step, bits, words);
    byte[] back = new byte[integers.length];
    PackedIntegers.unpack(words.flip(), bits, back, 0, count, step);

    for (int i = 0; i < count; i++) {
      assertThat(back[i * step]).isEqualTo(integers[i * step]);
    }
    assertThat(words.hasRemaining()).isFalse();
  }

  /** Half a step from every number, or at the end of the range where the last step is cut off. */
  @Property(seed = PropertySeed.FIXED)
  void integers_stand_for_what_is_at_most_half_a_step_away(
      @ForAll long seed,
      @ForAll boolean symmetric,
      @ForAll boolean four,
      @ForAll @FloatRange(min = 0.01f, max = 1000) float size) {
    var scheme =
        new WeightScheme(
            four ? QuantizationFormat.INT4 : QuantizationFormat.INT8, four ? 32 : 0, symmetric);
    float[] weights = weights(seed, size);
    StoredRow row = new RowQuantizer(scheme, DType.F32, weights.length).take(weights, 0);
    float[] stands = new float[weights.length];

    row.stand(scheme, stands, 0);

    for (int i = 0; i < weights.length; i++) {
      float scale = row.scales()[i / scheme.shared(weights.length)];
      assertThat(Math.abs(stands[i] - weights[i])).isLessThanOrEqualTo(scale * 0.5001f);
    }
  }

  /**
   * Three bits of mantissa are a sixteenth at most, what is below the normal numbers half a step.
   */
  @Property(seed = PropertySeed.FIXED)
  void floats_stand_for_what_is_at_most_a_sixteenth_away(
      @ForAll long seed, @ForAll @FloatRange(min = 0.01f, max = 1000) float size) {
    WeightScheme scheme = WeightScheme.perChannel(QuantizationFormat.FP8, true);
    float[] weights = weights(seed, size);
    StoredRow row = new RowQuantizer(scheme, DType.F32, weights.length).take(weights, 0);
    float[] stands = new float[weights.length];

    row.stand(scheme, stands, 0);

    for (int i = 0; i < weights.length; i++) {
      double allowed = Math.max(Math.abs(weights[i]) / 16, row.scales()[0] * 0x1p-10) * 1.0001;
      assertThat((double) Math.abs(stands[i] - weights[i])).isLessThanOrEqualTo(allowed);
    }
  }

  private static float[] weights(long seed, float size) {
    var random = new Random(seed);
    float[] weights = new float[64];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = size * (float) random.nextGaussian();
    }
    return weights;
  }
}
