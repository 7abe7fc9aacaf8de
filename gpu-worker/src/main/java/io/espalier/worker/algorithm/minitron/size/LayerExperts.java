package io.espalier.worker.algorithm.minitron.size;

import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.domain.model.Stack;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The experts of a layer.
 *
 * @param stack what they are modules of
 * @param neurons the axes of their neurons, by their numbers
 * @param shared the axis of the neurons of the expert that all tokens share, if there is one
 */
public record LayerExperts(Stack stack, List<Axis> neurons, Optional<Axis> shared) {
  /** Experts; the list is copied. */
  public LayerExperts {
    neurons = List.copyOf(neurons);
  }

  /**
   * The experts of a layer.
   *
   * @param stack what they are modules of
   * @param layer the part of the architecture that the layer is
   */
  static LayerExperts of(Stack stack, Architecture layer) {
    Map<Boolean, List<Axis>> neurons =
        layer.axes().stream()
            .filter(axis -> axis.kind() == AxisKind.NEURONS)
            .collect(Collectors.partitioningBy(axis -> stack.unit(axis.name()).isPresent()));
    return new LayerExperts(
        stack,
        neurons.getOrDefault(true, List.of()),
        neurons.getOrDefault(false, List.of()).stream().findFirst());
  }

  /** The axis that counts them. */
  public Axis counted() {
    return stack.axis();
  }

  /** The name of each of them, by their numbers. */
  public List<String> modules() {
    return IntStream.range(0, counted().units()).mapToObj(stack::module).toList();
  }
}
