package io.espalier.worker.algorithm.distill;

import java.util.List;

/** Source of what a teacher says: the teacher itself, or what was kept of it. */
interface TeacherSource<B, I> {
  /** Returns what tells it from others: the teacher's digest, and how it is kept. */
  String fingerprint();

  /** Number of places that it tells of, see {@link InnerLoss}. */
  int places();

  /**
   * Returns what it says of samples, in the open scope; gradients must be off.
   *
   * @param indices positions of the samples
   * @param inner losses that what it computes on the way is asked for
   */
  TeacherLesson lesson(int[] indices, B batch, I inputs, List<InnerTerm> inner);
}
