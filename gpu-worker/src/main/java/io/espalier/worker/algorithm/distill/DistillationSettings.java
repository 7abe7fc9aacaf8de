package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.tensor.Tensors;
import java.util.List;

/**
 * Settings of what a student learns: {@code (1 - taskShare) · (output + inner) + taskShare · task}.
 *
 * @param output of what it says
 * @param taskShare share of the loss of the task itself, from 0 to 1; more than 0 needs labels
 * @param inner of what it computes on the way; empty if only what it says counts
 * @param balance weighs the inner losses
 * @param recomputes whether activations of layers are computed again instead of kept
 */
public record DistillationSettings(
    OutputSettings output,
    double taskShare,
    List<InnerTerm> inner,
    Balance balance,
    boolean recomputes) {
  /** Settings; the list is copied, and the share must be from 0 to 1. */
  public DistillationSettings {
    inner = List.copyOf(inner);
    if (!(taskShare >= 0 && taskShare <= 1)) {
      throw new IllegalArgumentException(
          "a share of the task's loss is from 0 to 1, but this one is %s".formatted(taskShare));
    }
  }

  /** Only what a student says counts. */
  public static DistillationSettings of(OutputSettings output) {
    return new DistillationSettings(output, 0, List.of(), Balance.STATIC, false);
  }

  /** The same with a share of the loss of the task itself. */
  public DistillationSettings withTask(double share) {
    return new DistillationSettings(output, share, inner, balance, recomputes);
  }

  /** The same with losses of what is computed on the way. */
  public DistillationSettings withInner(List<? extends InnerTerm> terms, Balance by) {
    return new DistillationSettings(output, taskShare, List.copyOf(terms), by, recomputes);
  }

  /** The same whose activations of layers are computed again instead of kept. */
  public DistillationSettings recomputing() {
    return new DistillationSettings(output, taskShare, inner, balance, true);
  }

  /**
   * All of what is learnt from a teacher, a scalar.
   *
   * @param said loss of what the student says
   * @param terms losses of {@link #inner}, in their order
   */
  NDArray learnt(NDArray said, List<NDArray> terms) {
    NDArray sum = said;
    for (int i = 0; i < terms.size(); i++) {
      NDArray balanced = balance.of(terms.get(i), said);
      sum = Tensors.add(sum, Tensors.scale(balanced, inner.get(i).weight()));
    }
    return sum;
  }
}
