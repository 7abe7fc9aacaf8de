package io.espalier.worker.algorithm.minitron.reconstruct;

import io.espalier.worker.algorithm.minitron.measure.KlDivergence;
import io.espalier.worker.algorithm.minitron.measure.LayerwiseForward;
import io.espalier.worker.algorithm.minitron.measure.LayerwiseForward.Sequence;
import io.espalier.worker.algorithm.minitron.measure.LayerwiseForward.Slice;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.tensor.Weights;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Mean Kullback-Leibler divergence, over the tokens of the sequences that were held out, of what a
 * cut model says from what the original says.
 *
 * @param streams texts of both behind the last layer
 * @param end what was solved for behind it
 */
record HeldOutDivergence(StreamPair streams, EndReconstruction end) {
  /** That of the model as it is solved for. */
  double ofSolved() {
    return of(streams.found(), end::end, true);
  }

  /**
   * That of a model as it was cut.
   *
   * @param model its texts behind the last layer: those that were held out alone
   */
  double ofCut(LayerwiseForward model) {
    return of(model, slice -> model.end(streams.kept(), end.slices().get(slice)), false);
  }

  private double of(LayerwiseForward model, IntFunction<Weights> ends, boolean allTexts) {
    var divergence = new KlDivergence(streams.blueprint().vocabulary().units());
    List<Slice> slices = end.slices();
    for (int i = 0; i < slices.size(); i++) {
      Slice slice = slices.get(i);
      try (Weights original = streams.wanted().end(Kept.all(), slice);
          Weights own = ends.apply(i)) {
        streams
            .wanted()
            .forEachSequence(
                sequence -> {
                  int first = streams.texts().firstHeldOut(sequence.batch());
                  if (sequence.position() >= first) {
                    divergence.hear(
                        streams.wanted().scores(original, sequence),
                        model.scores(own, allTexts ? sequence : alone(sequence, first)),
                        slice.from(),
                        sequence);
                  }
                });
      }
    }
    return divergence.mean().value();
  }

  /** The same sequence among those that were held out; batches without any come last, if at all. */
  private static Sequence alone(Sequence sequence, int first) {
    return new Sequence(
        sequence.number(), sequence.batch(), sequence.position() - first, sequence.tokens());
  }
}
