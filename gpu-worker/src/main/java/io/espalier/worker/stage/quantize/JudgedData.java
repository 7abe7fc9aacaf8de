package io.espalier.worker.stage.quantize;

import io.espalier.worker.algorithm.evaluate.ImageMetrics;
import io.espalier.worker.algorithm.evaluate.TextMetrics;
import io.espalier.worker.algorithm.train.ComparedHeldOut;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.data.ImageDatasets;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.data.text.TextDatasets;
import io.espalier.worker.data.text.TextSettings;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.model.KnownModel;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.VisionModel;
import io.espalier.worker.tensor.Weights;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * Data by which a model is judged before and after.
 *
 * @param uri where they lie
 * @param measureNames names of what is measured
 * @param fingerprint SHA-256 of the samples
 * @param warnings what could have been meant otherwise than it was read, in sentences
 * @param reading how they become numbers, by key
 * @param beside makes the judgement of versions of a model beside it
 */
record JudgedData(
    URI uri,
    List<String> measureNames,
    String fingerprint,
    List<String> warnings,
    Map<String, String> reading,
    BiFunction<Weights, Progress.Listener, ComparedHeldOut<?>> beside) {
  private static final String ROLE = "eval";

  /**
   * Opens the data of role {@code eval}; empty if there are none.
   *
   * @throws io.espalier.worker.domain.InvalidInputException if they do not fit the model
   */
  static Optional<JudgedData> open(StageJob job, QuantizeSpec spec, KnownModel model) {
    if (model instanceof VisionModel) {
      spec.requireNoTexts();
    }
    return Optional.ofNullable(job.data().get(ROLE))
        .map(
            uri ->
                model instanceof TextModel text
                    ? ofTexts(uri, spec.texts(job.seed()), text)
                    : ofImages(uri, (VisionModel) model));
  }

  private static JudgedData ofTexts(URI uri, TextSettings settings, TextModel model) {
    TextInput input = model.input();
    TextDataset texts = TextDatasets.open(uri, input, model.directory().path(), settings);
    return new JudgedData(
        uri,
        TextMetrics.names(input),
        texts.fingerprint(),
        texts.warnings(),
        Map.of(),
        (weights, progress) ->
            ComparedHeldOut.ofTexts(model.network(), texts, model.network(), weights, progress));
  }

  private static JudgedData ofImages(URI uri, VisionModel model) {
    ImageDataset images = ImageDatasets.openAny(uri, model.input());
    return new JudgedData(
        uri,
        ImageMetrics.names(images.labelled()),
        images.fingerprint(),
        images.reading().warnings(),
        images.reading().facts(),
        (weights, progress) ->
            ComparedHeldOut.ofImages(model.family(), images, model.family(), weights, progress));
  }
}
