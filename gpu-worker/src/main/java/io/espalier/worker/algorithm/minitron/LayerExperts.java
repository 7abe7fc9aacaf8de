package io.espalier.worker.algorithm.minitron;

import io.espalier.worker.algorithm.family.TextNetwork;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Stack;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The experts of a layer.
 *
 * @param stack what they are modules of
 * @param neurons the axes of their neurons, by their numbers
 */
record LayerExperts(Stack stack, List<Axis> neurons) {
  /** Experts; the list is copied. */
  LayerExperts {
    neurons = List.copyOf(neurons);
  }

  /** The experts of a stack. */
  static LayerExperts of(Stack stack, Architecture architecture) {
    return new LayerExperts(
        stack,
        architecture.axes().stream()
            .filter(axis -> axis.name().endsWith(TextNetwork.NEURONS))
            .filter(axis -> stack.unit(axis.name()).isPresent())
            .toList());
  }

  /** The axis that counts them. */
  Axis counted() {
    return stack.axis();
  }

  /** The name of each of them, by their numbers. */
  List<String> modules() {
    return IntStream.range(0, counted().units()).mapToObj(stack::module).toList();
  }
}
