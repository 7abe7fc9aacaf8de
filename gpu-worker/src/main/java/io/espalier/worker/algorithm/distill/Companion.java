package io.espalier.worker.algorithm.distill;

import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A tensor that is trained along with a student and left behind: at first drawn evenly between two
 * bounds.
 *
 * @param name among all that are trained along
 * @param shape its sizes, outermost first
 * @param bound largest magnitude that is drawn
 * @param seed decides, with the name, what is drawn
 */
public record Companion(String name, List<Integer> shape, double bound, long seed) {
  /** A tensor; the list is copied. */
  public Companion {
    shape = List.copyOf(shape);
  }

  /**
   * A weight or bias of a layer, drawn as PyTorch draws those of its linear layers and
   * convolutions: within {@code 1 / sqrt(inputs)}.
   *
   * @param inputs numbers that each output reads
   */
  static Companion of(String name, long seed, int inputs, Integer... shape) {
    return new Companion(name, List.of(shape), 1 / Math.sqrt((double) inputs), seed);
  }

  /** The numbers of some, each name once, for the caller to close. */
  static Weights drawn(Collection<Companion> all) {
    Map<String, Companion> named = new LinkedHashMap<>();
    all.forEach(one -> named.putIfAbsent(one.name(), one));
    List<TensorSpec> tensors = new ArrayList<>();
    Map<String, float[]> numbers = new LinkedHashMap<>();
    for (Companion one : named.values()) {
      List<Dimension> sizes = one.shape().stream().map(Dimension::fixed).toList();
      tensors.add(new TensorSpec(one.name(), sizes, TensorSpec.Role.PARAMETER));
      numbers.put(one.name(), one.draw());
    }
    return Weights.of(
        new Architecture("companions", "companions", tensors, List.of(), List.of(), Map.of()),
        numbers);
  }

  private float[] draw() {
    var random = new SplittableRandom(31 * seed + name.hashCode());
    float[] drawn = new float[shape.stream().reduce(1, Math::multiplyExact)];
    for (int i = 0; i < drawn.length; i++) {
      drawn[i] = (float) ((2 * random.nextDouble() - 1) * bound);
    }
    return drawn;
  }
}
