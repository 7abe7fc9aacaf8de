package io.espalier.worker.algorithm.layerwise;

import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.evaluate.Judgement;
import io.espalier.worker.algorithm.evaluate.Measure;
import io.espalier.worker.algorithm.train.HeldOut;
import io.espalier.worker.tensor.Weights;
import java.util.List;
import java.util.Map;

/** Judgement of one layer by the texts that are held out: its mean squared error there. */
record LayerHeldOut(LayerStreams streams, int layer) implements HeldOut {
  private static final String ERROR = "error";

  @Override
  public Judgement judge(Weights weights) {
    double sum = 0;
    long count = 0;
    LayerTexts texts = streams.texts();
    for (int batch = texts.firstHeldOut(); batch < texts.count(); batch++) {
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        sum += streams.error(layer, weights, batch, streams.wanted(batch)).getFloat();
        count += streams.tokens(batch);
      }
    }
    var error = new Measure(ERROR, "share", false, sum / Math.max(1, count));
    return new Judgement(ERROR, List.of(error), Map.of(), count);
  }

  @Override
  public String fingerprint() {
    return streams.texts().heldOut().fingerprint();
  }
}
