package io.espalier.worker.stage.evaluate;

import io.espalier.worker.algorithm.evaluate.Evaluation;
import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.evaluate.Measure;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.data.ImageDatasets;
import io.espalier.worker.data.InputSpec;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.VisionModel;
import io.espalier.worker.tensor.Weights;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A model that tells images apart, and images with labels. */
record VisionSubject(VisionModel model, ImageDataset data, int batch) implements Subject {
  /**
   * Opens the data for a model.
   *
   * @throws InvalidInputException if they do not fit, or settings are for models that read text
   */
  static VisionSubject open(EvaluateSettings settings, VisionModel model, URI uri) {
    var problems = new ArrayList<String>();
    settings.maxLength().ifPresent(tokens -> problems.add(onlyText("maxLength", model)));
    settings.stride().ifPresent(tokens -> problems.add(onlyText("stride", model)));
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
    ImageDataset data = ImageDatasets.open(uri, model.input()).first(settings.samples());
    return new VisionSubject(model, data, settings.batch().orElse(Evaluation.BATCH));
  }

  private static String onlyText(String key, VisionModel model) {
    return "evaluate.%s is for models that read text, but %s is of family %s; leave it out"
        .formatted(key, model.directory().path(), model.family().name());
  }

  @Override
  public List<String> measureNames() {
    return List.of("accuracy", "loss");
  }

  @Override
  public List<String> warnings() {
    return data.reading().warnings();
  }

  @Override
  public Map<String, String> reading() {
    return data.reading().facts();
  }

  @Override
  public Quality quality(Weights weights, Progress.Listener progress) {
    Evaluation.Quality quality = Evaluation.quality(model.family(), weights, data, batch, progress);
    return new Quality(
        List.of(Measure.fraction("accuracy", quality.accuracy()), Measure.loss(quality.loss())),
        quality.samples());
  }

  @Override
  public Latency latency(Weights weights, int repetitions) {
    InputSpec image = model.input();
    return Evaluation.latency(
        model.family(), weights, repetitions, image.channels(), image.height(), image.width());
  }

  @Override
  public String sample() {
    InputSpec image = model.input();
    return String.format(
        Locale.ROOT, "one image of %d x %d x %d", image.channels(), image.height(), image.width());
  }

  @Override
  public String otherCause() {
    return ", or images prepared in another way";
  }
}
