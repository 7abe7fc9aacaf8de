package io.espalier.worker.algorithm.gradnas;

import io.espalier.worker.algorithm.evaluate.Measure;
import io.espalier.worker.algorithm.evaluate.MeasureSamples;
import io.espalier.worker.algorithm.evaluate.TextMetrics;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Answers of the original, the result and its plain cut to the same texts.
 *
 * @param plain empty if nothing was to be reconstructed
 */
record TextJudgement(TextMetrics original, TextMetrics result, Optional<TextMetrics> plain) {
  /** Returns how good the original is, under all names that the result has measures for. */
  List<Measure> before() {
    return measures(original, plain.map(any -> original));
  }

  /** Returns how good the result is, and its plain cut. */
  List<Measure> after() {
    return measures(result, plain);
  }

  /** Returns the samples behind {@link #before}. */
  Map<String, MeasureSamples> samplesBefore() {
    return samples(original, plain.map(any -> original));
  }

  /** Returns the samples behind {@link #after}. */
  Map<String, MeasureSamples> samplesAfter() {
    return samples(result, plain);
  }

  private List<Measure> measures(TextMetrics said, Optional<TextMetrics> cut) {
    var measures = new ArrayList<>(said.measures(original));
    cut.ifPresent(all -> measures.add(all.headline(original).asCut()));
    return measures;
  }

  private Map<String, MeasureSamples> samples(TextMetrics said, Optional<TextMetrics> cut) {
    var samples = new HashMap<>(said.samples(original));
    cut.ifPresent(
        all -> {
          String headline = all.headline(original).name();
          MeasureSamples behind = all.samples(original).get(headline);
          if (behind != null) {
            samples.put(Measure.asCut(headline), behind);
          }
        });
    return samples;
  }
}
