package io.espalier.worker.model.transformer;

import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.model.transformer.TextHead.Output;
import io.espalier.worker.model.transformer.TextHead.Reads;
import java.util.Map;
import java.util.Optional;

/** Heads on decoders, by transformers' classes. */
final class DecoderHeads {
  private DecoderHeads() {}

  /**
   * Those of a kind of decoder.
   *
   * @param stem what its classes' names begin with
   * @param causal how the name of the one ends that says what comes next
   * @param bias name of that one's bias, if it has one
   */
  static Map<String, TextHead> of(String stem, String causal, Optional<String> bias) {
    var words = Optional.of(new Output("lm_head", bias));
    var labels = Optional.of(new Output("score", Optional.empty()));
    return Map.of(
        stem + causal,
        new TextHead(TextTask.TEXT_GENERATION, Reads.ALL, Optional.empty(), words),
        stem + "ForSequenceClassification",
        new TextHead(TextTask.TEXT_CLASSIFICATION, Reads.LAST, Optional.empty(), labels),
        stem + "Model",
        TextHead.mean());
  }
}
