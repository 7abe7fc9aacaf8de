package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** A teacher that is asked anew each time. */
record PresentTeacher<B, I>(
    NetworkPass<I> pass,
    Weights weights,
    String digest,
    LearningSamples<B, I> samples,
    OutputSettings settings)
    implements TeacherSource<B, I> {
  @Override
  public String fingerprint() {
    return digest;
  }

  @Override
  public int places() {
    return pass.places(weights);
  }

  /** All else that its pass computes is freed before the student's begins. */
  @Override
  public TeacherLesson lesson(int[] indices, B batch, I inputs, List<InnerTerm> inner) {
    List<NDArray> kept = said(batch, inputs, inner);
    List<NDArray> constants = kept.stream().map(Tensors::constant).toList(); // in the scope outside
    kept.forEach(NDArray::close);
    return new TeacherLesson(
        samples.comparison().target(constants.get(0), settings, () -> samples.labels(batch)),
        constants.subList(1, constants.size()));
  }

  /** The rows of what it says, then what is wanted by each inner loss; they belong to no scope. */
  private List<NDArray> said(B batch, I inputs, List<InnerTerm> inner) {
    Set<Tap> taps = inner.stream().map(InnerTerm::ofTeacher).collect(Collectors.toSet());
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NetworkPass.Said said = pass.forward(weights, inputs, taps);
      var kept = new ArrayList<NDArray>();
      kept.add(Tensors.constant(samples.rows(said.output(), batch)));
      for (InnerTerm term : inner) {
        kept.add(Tensors.constant(term.wanted(said.at(term.ofTeacher()))));
      }
      kept.forEach(array -> NDScope.unregister(array));
      return kept;
    }
  }
}
