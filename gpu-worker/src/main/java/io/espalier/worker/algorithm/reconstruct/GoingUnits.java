package io.espalier.worker.algorithm.reconstruct;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Units that have not gone yet, and what each would cost; {@link UnitElimination} says in which
 * squares.
 */
final class GoingUnits implements AutoCloseable {
  /** A unit that goes. */
  record Gone(int unit, double cost) {}

  /** Inputs, the cheapest, among which the order within a burst is exact, at least. */
  private static final int CANDIDATES = 128;

  private final int size;
  private final int burst;
  private final List<Integer> units;
  private NDArray inverse;
  private NDArray products;

  /**
   * All units.
   *
   * @param inverse H, (inputs, inputs); is closed
   * @param products A, (inputs, inputs); is closed
   * @param size inputs of a unit
   * @param bursts in how many units of one input go
   */
  GoingUnits(NDArray inverse, NDArray products, int size, int bursts) {
    this.inverse = inverse;
    this.products = products;
    this.size = size;
    int inputs = Math.toIntExact(inverse.getShape().get(0));
    this.units = new ArrayList<>(IntStream.range(0, inputs / size).boxed().toList());
    this.burst = size > 1 ? 1 : Math.max(1, inputs / bursts);
  }

  boolean isEmpty() {
    return units.isEmpty();
  }

  /** Lets those go that cost the least by now. */
  List<Gone> next() {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      return cheapest();
    }
  }

  private List<Gone> cheapest() {
    double[] costs = size > 1 ? costsOfBlocks() : costsOfInputs();
    int[] cheapest =
        IntStream.range(0, costs.length)
            .boxed()
            .sorted(Comparator.comparingDouble(place -> costs[place]))
            .limit(Math.max(CANDIDATES, 4L * burst))
            .mapToInt(Integer::intValue)
            .toArray();
    List<Gone> places =
        size > 1 ? List.of(new Gone(cheapest[0], costs[cheapest[0]])) : among(cheapest);
    List<Gone> gone =
        places.stream().map(each -> new Gone(units.get(each.unit()), each.cost())).toList();
    forget(places.stream().mapToInt(Gone::unit).sorted().toArray());
    return gone;
  }

  private double[] costsOfInputs() {
    double[] kept = diagonal(inverse);
    double[] said = diagonal(products);
    return IntStream.range(0, kept.length).mapToDouble(i -> said[i] / kept[i]).toArray();
  }

  private static double[] diagonal(NDArray matrix) {
    int width = Math.toIntExact(matrix.getShape().get(0));
    int[] places = IntStream.range(0, width).map(i -> i * (width + 1)).toArray();
    return Tensors.select(Tensors.reshape(matrix, matrix.size()), 0, places).toDoubleArray();
  }

  /** tr((H_SS)⁻¹ · A_SS) of each unit; a unit whose block cannot be inverted costs nothing. */
  private double[] costsOfBlocks() {
    double[] costs = new double[units.size()];
    for (int place = 0; place < costs.length; place++) {
      int[] own = inputs(new int[] {place});
      NDArray said = block(products, own, own);
      Optional<Cholesky> factors = Cholesky.of(block(inverse, own, own), 0);
      costs[place] =
          factors.map(found -> DoubleStream.of(diagonal(found.solve(said))).sum()).orElse(0.0);
    }
    return costs;
  }

  /** The exact order among some inputs, of which the first go. */
  private List<Gone> among(int[] places) {
    int count = places.length;
    double[] h = block(inverse, places, places).toDoubleArray();
    double[] a = block(products, places, places).toDoubleArray();
    boolean[] out = new boolean[count];
    var gone = new ArrayList<Gone>();
    while (gone.size() < Math.min(burst, count)) {
      int best = cheapest(h, a, out);
      gone.add(new Gone(places[best], a[best * count + best] / h[best * count + best]));
      out[best] = true;
      eliminate(h, a, best, count);
    }
    return gone;
  }

  private static int cheapest(double[] h, double[] a, boolean[] out) {
    int count = out.length;
    int best = -1;
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      double cost = a[i * count + i] / h[i * count + i];
      if (!out[i] && (best < 0 || cost < least)) {
        best = i;
        least = cost;
      }
    }
    return best;
  }

  /** The same as {@link #forget} for one of a few inputs, in place. */
  private static void eliminate(double[] h, double[] a, int gone, int count) {
    double[] k = new double[count];
    double[] before = new double[count];
    for (int i = 0; i < count; i++) {
      k[i] = h[i * count + gone] / h[gone * count + gone];
      before[i] = a[i * count + gone];
    }
    double own = before[gone];
    for (int i = 0; i < count; i++) {
      for (int j = 0; j < count; j++) {
        a[i * count + j] += own * k[i] * k[j] - before[i] * k[j] - k[i] * before[j];
        if (i != gone && j != gone) {
          h[i * count + j] -= k[i] * h[gone * count + j];
        }
      }
    }
  }

  /**
   * Takes units out of both matrices.
   *
   * @param places of the units, ascending
   */
  private void forget(int[] places) {
    int[] gone = inputs(places);
    int[] left =
        inputs(
            IntStream.range(0, units.size())
                .filter(place -> Arrays.binarySearch(places, place) < 0)
                .toArray());
    for (int i = places.length - 1; i >= 0; i--) {
      units.remove(places[i]);
    }
    if (left.length == 0) {
      return;
    }
    NDArray across = block(inverse, gone, left);
    Optional<NDArray> solved =
        Cholesky.of(block(inverse, gone, gone), 0).map(factors -> factors.solve(across));
    NDArray k = Tensors.transpose(solved.orElseGet(() -> Tensors.scale(across, 0)), 0, 1);
    NDArray half = Tensors.matMul(k, block(products, gone, left)); // K · A_S:
    NDArray own = Tensors.products(Tensors.matMul(k, block(products, gone, gone)), k);
    NDArray both = Tensors.add(half, Tensors.transpose(half, 0, 1));
    replace(
        Tensors.subtract(block(inverse, left, left), Tensors.matMul(k, across)),
        Tensors.add(Tensors.subtract(block(products, left, left), both), own));
  }

  private void replace(NDArray nextInverse, NDArray nextProducts) {
    NDScope.unregister(nextInverse, nextProducts);
    close();
    inverse = nextInverse;
    products = nextProducts;
  }

  @Override
  public void close() {
    inverse.close();
    products.close();
  }

  private int[] inputs(int[] places) {
    return IntStream.of(places)
        .flatMap(place -> IntStream.range(place * size, (place + 1) * size))
        .toArray();
  }

  private static NDArray block(NDArray matrix, int[] rows, int[] columns) {
    return Tensors.select(Tensors.select(matrix, 0, rows), 1, columns);
  }
}
