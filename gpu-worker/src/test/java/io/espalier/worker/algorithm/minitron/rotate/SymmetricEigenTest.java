package io.espalier.worker.algorithm.minitron.rotate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Against NumPy's eigh; {@code rotation/make.py}. */
final class SymmetricEigenTest {
  private static final double TOLERANCE = 1e-13;

  @SuppressWarnings("ArrayRecordComponent") // numbers of the oracle, never compared as a whole
  record Case(String name, double[][] matrix, double[] values, double[][] vectors) {
    @Override
    public String toString() {
      return name;
    }

    double largest() {
      return Arrays.stream(values).map(Math::abs).max().orElseThrow();
    }
  }

  static Stream<Case> cases() throws IOException {
    try (InputStream file = Case.class.getResourceAsStream("/golden/rotation/eigen.json")) {
      return Arrays.stream(new ObjectMapper().readValue(file, Case[].class));
    }
  }

  private static double[][] copy(double[][] matrix) {
    return Arrays.stream(matrix).map(double[]::clone).toArray(double[][]::new);
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void values_are_those_of_numpy(Case known) {
    SymmetricEigen found = SymmetricEigen.of(copy(known.matrix()));

    for (int i = 0; i < known.values().length; i++) {
      assertThat(found.values()[i])
          .isCloseTo(known.values()[i], within(TOLERANCE * known.largest()));
    }
    requireEigen(known.matrix(), found);
  }

  /** Vectors of values that are near each other may be any of their plane. */
  @ParameterizedTest
  @MethodSource("cases")
  void vectors_of_single_values_are_those_of_numpy(Case known) {
    SymmetricEigen found = SymmetricEigen.of(copy(known.matrix()));

    double[] values = known.values();
    for (int i = 0; i < values.length; i++) {
      double gap = Double.POSITIVE_INFINITY;
      for (int j = 0; j < values.length; j++) {
        gap = j == i ? gap : Math.min(gap, Math.abs(values[i] - values[j]));
      }
      if (gap > 1e-3 * known.largest()) {
        assertThat(dot(found.vectors()[i], known.vectors()[i])).isCloseTo(1, within(1e-9));
      }
    }
  }

  @Test
  void a_matrix_of_many_scales_keeps_its_vectors_orthogonal() {
    int n = 120;
    var random = new Random(3);
    double[][] matrix = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        matrix[i][j] = random.nextGaussian() * Math.pow(10, -(i + j) / 20.0);
        matrix[j][i] = matrix[i][j];
      }
    }

    SymmetricEigen found = SymmetricEigen.of(copy(matrix));

    requireEigen(matrix, found);
    assertThat(found.values()).isSortedAccordingTo((a, b) -> Double.compare(b, a));
  }

  @Test
  void the_same_matrix_gives_the_same_bits() throws IOException {
    Case drawn = cases().filter(each -> each.name().equals("drawn")).findFirst().orElseThrow();

    SymmetricEigen one = SymmetricEigen.of(copy(drawn.matrix()));
    SymmetricEigen other = SymmetricEigen.of(copy(drawn.matrix()));

    assertThat(one.values()).containsExactly(other.values());
    assertThat(one.vectors()).isDeepEqualTo(other.vectors());
  }

  /** A · v = value · v, vectors of length 1 and orthogonal, the largest element positive. */
  private static void requireEigen(double[][] matrix, SymmetricEigen found) {
    double largest = Arrays.stream(found.values()).map(Math::abs).max().orElseThrow();
    for (int i = 0; i < matrix.length; i++) {
      double[] vector = found.vectors()[i];
      double magnitude = Arrays.stream(vector).map(Math::abs).max().orElseThrow();
      assertThat(Arrays.stream(vector).max().orElseThrow()).isEqualTo(magnitude);
      for (int j = 0; j < matrix.length; j++) {
        assertThat(dot(vector, found.vectors()[j])).isCloseTo(i == j ? 1 : 0, within(TOLERANCE));
        assertThat(dot(matrix[j], vector))
            .isCloseTo(found.values()[i] * vector[j], within(TOLERANCE * 4 * largest));
      }
    }
  }
}
