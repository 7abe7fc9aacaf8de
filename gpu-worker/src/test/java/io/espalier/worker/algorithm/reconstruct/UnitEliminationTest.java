package io.espalier.worker.algorithm.reconstruct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against solving for the weights of all that stay, by loops, each time that a unit may go. */
class UnitEliminationTest {
  private static final int ROWS = 90;
  private static final int OUTPUTS = 3;
  private static final double LAMBDA = 1e-4;

  private final NDManager manager = PyTorch.newManager();

  @AfterEach
  void close() {
    manager.close();
  }

  @ParameterizedTest
  @CsvSource({"20, 1, FIXED", "20, 1, SOLVED", "18, 3, FIXED", "18, 3, SOLVED", "70, 1, FIXED"})
  void units_go_in_the_order_in_which_the_least_is_lost(int inputs, int size, Intercept intercept) {
    var random = new Random(inputs * 31L + size);
    double[][] x = related(random, inputs);
    double[] weights = random.doubles(ROWS, 0.2, 2).toArray();
    double[][] map = new double[OUTPUTS][];
    Arrays.setAll(map, out -> random.doubles(inputs, -1, 1).toArray());

    double[] scores = scores(x, weights, map, intercept, size);

    double[][] gram = gram(x, weights, intercept == Intercept.SOLVED);
    double all = 0;
    for (double[] row : map) {
      for (int i = 0; i < inputs; i++) {
        for (int j = 0; j < inputs; j++) {
          all += row[i] * gram[i][j] * row[j];
        }
      }
    }
    ridge(gram);
    List<Integer> gone = new ArrayList<>();
    for (int step = 0; step < inputs / size; step++) {
      int best = -1;
      double least = Double.POSITIVE_INFINITY;
      for (int unit = 0; unit < inputs / size; unit++) {
        if (!gone.contains(unit)) {
          List<Integer> without = new ArrayList<>(gone);
          without.add(unit);
          double loss = loss(gram, map, without, size);
          if (loss < least) {
            least = loss;
            best = unit;
          }
        }
      }
      gone.add(best);
      assertThat(scores[best])
          .as("unit %d, step %d", best, step)
          .isCloseTo(least / all, within(1e-6 * (1 + least / all)));
    }
    assertThat(gone).isSortedAccordingTo((a, b) -> Double.compare(scores[a], scores[b]));
  }

  @Test
  void of_two_that_say_the_same_one_goes_for_nothing_and_not_both() {
    var random = new Random(5);
    double[][] x = new double[ROWS][];
    Arrays.setAll(x, row -> random.doubles(64, -1, 1).toArray());
    double[][] map = new double[OUTPUTS][];
    Arrays.setAll(map, out -> random.doubles(64, -1, 1).toArray());
    double[] weights = random.doubles(ROWS, 1, 1.1).toArray();

    double apart =
        Arrays.stream(scores(x, weights, map, Intercept.FIXED, 1)).sorted().toArray()[31];
    for (double[] row : x) {
      System.arraycopy(row, 0, row, 32, 32);
    }
    double alike =
        Arrays.stream(scores(x, weights, map, Intercept.FIXED, 1)).sorted().toArray()[31];

    assertThat(apart).isGreaterThan(0.01);
    assertThat(alike).as("once half of the units are gone").isLessThan(1e-3);
  }

  @Test
  void units_that_are_never_active_go_first() {
    var random = new Random(6);
    double[][] x = related(random, 8);
    for (double[] row : x) {
      row[3] = 0;
    }
    double[][] map = {{1, 2, 1, 3, 1, 2, 1, 2}, {1, 1, 1, 3, 1, 1, 1, 1}, new double[8]};

    double[] scores = scores(x, random.doubles(ROWS, 1, 2).toArray(), map, Intercept.SOLVED, 1);

    assertThat(scores[3]).isEqualTo(Arrays.stream(scores).min().orElseThrow());
  }

  @Test
  void activations_that_are_no_numbers_are_refused_by_layer_and_batch() {
    double[][] x = {{1, Double.NaN}};

    assertThatThrownBy(
            () -> scores(x, new double[] {1}, new double[][] {{1, 1}}, Intercept.FIXED, 1))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("'layer.weight'")
        .hasMessageContaining("batch 1 ");
  }

  private double[] scores(
      double[][] x, double[] weights, double[][] map, Intercept intercept, int size) {
    int inputs = x[0].length;
    try (var elimination = new UnitElimination(manager, "layer.weight", inputs);
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      elimination.add(array(x), Tensors.of(manager, weights, weights.length));
      return elimination.scores(LinearMap.of(array(map)), intercept, size);
    }
  }

  private NDArray array(double[][] rows) {
    double[] flat = Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
    return Tensors.of(manager, flat, rows.length, rows[0].length);
  }

  /** Rows whose columns say something of each other. */
  private static double[][] related(Random random, int inputs) {
    double[][] mixed = new double[inputs][];
    Arrays.setAll(mixed, i -> random.doubles(inputs, -1, 1).toArray());
    double[][] x = new double[ROWS][inputs];
    for (double[] row : x) {
      for (int k = 0; k < inputs; k++) {
        double strength = random.nextGaussian() / (1 + k);
        for (int i = 0; i < inputs; i++) {
          row[i] += strength * mixed[k][i] + 0.02 * random.nextGaussian() + 0.1;
        }
      }
    }
    return x;
  }

  private static double[][] gram(double[][] x, double[] weights, boolean centred) {
    int inputs = x[0].length;
    double[] mean = new double[inputs];
    double total = Arrays.stream(weights).sum();
    for (int row = 0; row < x.length && centred; row++) {
      for (int i = 0; i < inputs; i++) {
        mean[i] += weights[row] * x[row][i] / total;
      }
    }
    double[][] gram = new double[inputs][inputs];
    for (int row = 0; row < x.length; row++) {
      for (int i = 0; i < inputs; i++) {
        for (int j = 0; j < inputs; j++) {
          gram[i][j] += weights[row] * (x[row][i] - mean[i]) * (x[row][j] - mean[j]);
        }
      }
    }
    return gram;
  }

  private static void ridge(double[][] gram) {
    double mean = IntStream.range(0, gram.length).mapToDouble(i -> gram[i][i]).average().orElse(0);
    for (int i = 0; i < gram.length; i++) {
      gram[i][i] += LAMBDA * mean;
    }
  }

  /** Σ over outputs of w_R · (G_RR - G_RK · G_KK⁻¹ · G_KR) · w_R, R being what is gone. */
  private static double loss(double[][] gram, double[][] map, List<Integer> units, int size) {
    int inputs = gram.length;
    int[] gone =
        units.stream().flatMapToInt(u -> IntStream.range(u * size, (u + 1) * size)).toArray();
    int[] kept =
        IntStream.range(0, inputs)
            .filter(i -> Arrays.stream(gone).noneMatch(each -> each == i))
            .toArray();
    double loss = 0;
    for (double[] row : map) {
      double[] right = new double[kept.length]; // G_KR · w_R
      double own = 0;
      for (int r : gone) {
        for (int k = 0; k < kept.length; k++) {
          right[k] += gram[kept[k]][r] * row[r];
        }
        for (int s : gone) {
          own += row[r] * gram[r][s] * row[s];
        }
      }
      double[] solved = solve(gram, kept, right);
      loss += own - IntStream.range(0, kept.length).mapToDouble(k -> right[k] * solved[k]).sum();
    }
    return loss;
  }

  /** Gaussian elimination with pivots. */
  private static double[] solve(double[][] gram, int[] kept, double[] right) {
    int n = kept.length;
    double[][] a = new double[n][n + 1];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        a[i][j] = gram[kept[i]][kept[j]];
      }
      a[i][n] = right[i];
    }
    for (int i = 0; i < n; i++) {
      int pivot = i;
      for (int row = i + 1; row < n; row++) {
        pivot = Math.abs(a[row][i]) > Math.abs(a[pivot][i]) ? row : pivot;
      }
      double[] swapped = a[i];
      a[i] = a[pivot];
      a[pivot] = swapped;
      for (int row = 0; row < n; row++) {
        double factor = row == i ? 0 : a[row][i] / a[i][i];
        for (int column = i; column <= n; column++) {
          a[row][column] -= factor * a[i][column];
        }
      }
    }
    int size = n;
    return IntStream.range(0, n).mapToDouble(i -> a[i][size] / a[i][i]).toArray();
  }
}
