package io.espalier.worker.stage.evaluate;

import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.evaluate.Measure;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.KnownModel;
import io.espalier.worker.tensor.Weights;
import java.util.List;
import java.util.Map;

/** A model to be measured, with the data for it. */
sealed interface Subject permits VisionSubject, TextSubject {
  /**
   * Quality of a model.
   *
   * @param measures what was measured
   * @param samples images, answers, texts or tokens that it was measured on
   */
  record Quality(List<Measure> measures, long samples) {
    /** A quality; the list is copied. */
    public Quality {
      measures = List.copyOf(measures);
    }
  }

  /** The model. */
  KnownModel model();

  /** Samples that are computed at once. */
  int batch();

  /** Names of the measures of {@link #quality}. */
  List<String> measureNames();

  /** Returns what of its files could have been meant otherwise than it was read, in sentences. */
  default List<String> warnings() {
    return List.of();
  }

  /** Returns how its data become numbers, by key, as reports have it. */
  default Map<String, String> reading() {
    return Map.of();
  }

  /** Returns how good it is on its data. */
  Quality quality(Weights weights, Progress.Listener progress);

  /** Returns how fast it is. */
  Latency latency(Weights weights, int repetitions);

  /** Returns what is timed, in words. */
  String sample();

  /** Returns what else than weights may be why outputs are no numbers; goes on with a sentence. */
  String otherCause();
}
