package io.espalier.worker.algorithm.distill;

import io.espalier.worker.tensor.Weights;
import java.util.Set;

/** A teacher that is asked anew each time. */
record PresentTeacher<B, I>(
    Pass<I> pass, Weights weights, String digest, Samples<B, I> samples, OutputSettings settings)
    implements TeacherSource<B, I> {
  @Override
  public String fingerprint() {
    return digest;
  }

  @Override
  public int places() {
    return pass.places(weights);
  }

  @Override
  public Lesson lesson(int[] indices, B batch, I inputs, Set<Integer> places) {
    Pass.Said said = pass.forward(weights, inputs, places);
    return new Lesson(
        samples
            .comparison()
            .target(samples.rows(said.output(), batch), settings, () -> samples.labels(batch)),
        said.states());
  }
}
