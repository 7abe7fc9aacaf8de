package io.espalier.worker.algorithm.layerwise;

import io.espalier.worker.algorithm.minitron.measure.MemoryLimits;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.algorithm.train.Checkpointing;
import io.espalier.worker.algorithm.train.LearningCurve;
import io.espalier.worker.algorithm.train.Trainer;
import io.espalier.worker.algorithm.train.TrainingSettings;
import io.espalier.worker.algorithm.train.Validation;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.Fingerprint;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Distillation of a decoder layer by layer, for models that no memory holds: the student's layers
 * learn one after another, each from what the student's layers in front of it, as they have
 * learned, make of the texts. Of a teacher with more layers, a layer of the student learns what
 * they make together until its next one begins.
 *
 * <p>The loss of a layer is the mean over real tokens of the squared error of the stream behind it,
 * each divided by the token's own variance or mean square, as the next normalisation does. Of each
 * layer those weights stay that are best on held-out texts, the first included.
 *
 * <p>Source: block-wise distillation as in Li et al., arXiv 1911.13053, and Yao et al. (ZeroQuant),
 * arXiv 2206.01861, which quantizes; here each layer reads what the student makes, not what the
 * teacher does, so that it makes good what layers in front of it have lost.
 *
 * @param teacher what is learned
 * @param student who learns
 * @param origins of the student's layers and stream in the teacher
 * @param settings how each layer is trained; a sample of a step is a batch of sequences
 */
public record LayerwiseDistillation(
    DecoderBlueprint teacher,
    DecoderBlueprint student,
    LayerOrigins origins,
    TrainingSettings settings) {
  private static final String VERSION = "1";

  /**
   * Texts.
   *
   * @param learned that layers learn from
   * @param heldOut that they are judged by
   * @param batch sequences that are computed at once
   */
  public record Texts(TextDataset learned, TextDataset heldOut, int batch) {}

  /**
   * Rule for the training of each layer.
   *
   * @param every steps between two judgements
   * @param patience judgements without a better one after which a layer's training ends
   * @param kept where layers and the state of the one that learns are kept
   * @param room for the streams of both models together
   */
  public record Rules(long every, OptionalInt patience, Checkpointing kept, MemoryLimits room) {}

  /**
   * Trains all layers. What was trained before an interruption is not trained again.
   *
   * @return what came of each; the weights are kept in the folder
   * @throws io.espalier.worker.algorithm.train.TrainingInterruptedException if the process is about
   *     to end
   */
  public List<LearnedLayer> train(Texts texts, Rules rules, Progress.Listener progress) {
    LearnedLayers done = done(texts, rules.kept().folder());
    var parted = new LayerTexts(texts.learned(), texts.heldOut(), texts.batch());
    var learned = new ArrayList<LearnedLayer>();
    try (var streams =
        new LayerStreams(teacher, student, origins, parted, rules.room(), rules.kept().folder())) {
      for (int layer = 0; layer < origins.layers().size(); layer++) {
        int from = layer == 0 ? 0 : origins.layers().get(layer);
        int to =
            layer + 1 < origins.layers().size()
                ? origins.layers().get(layer + 1)
                : teacher.blocks().size();
        streams.advanceTeacher(from, to);
        try (Weights weights = streams.studentLayer(layer)) {
          Optional<LearnedLayer> known = done.load(layer, weights);
          if (known.isPresent()) {
            learned.add(known.get());
          } else {
            learned.add(train(streams, layer, weights, rules, done.fingerprint(), progress));
            done.save(learned.get(layer), weights);
            Trainer.forget(folder(rules.kept(), layer));
          }
          streams.advanceStudent(layer, weights);
        }
      }
    }
    return List.copyOf(learned);
  }

  private LearnedLayer train(
      LayerStreams streams,
      int layer,
      Weights weights,
      Rules rules,
      String models,
      Progress.Listener progress) {
    var kept =
        new Checkpointing(folder(rules.kept(), layer), rules.kept().every(), rules.kept().ending());
    var validation =
        new Validation(new LayerHeldOut(streams, layer), rules.every(), rules.patience());
    LearningCurve curve =
        new Trainer(settings)
            .judgedBy(validation, kept)
            .train(
                weights,
                new LayerObjective(streams, layer, models),
                told -> progress.report(ofAll(layer, told)));
    List<LearningCurve.Point> points = curve.points();
    return new LearnedLayer(
        layer,
        points.get(0).measure(),
        points.get(curve.best().orElse(0)).measure(),
        curve.steps());
  }

  /** Progress of all layers, of which one has come so far. */
  private Progress ofAll(int layer, Progress told) {
    Map<String, Double> values = new HashMap<>(told.values());
    values.put("layer", (double) layer + 1);
    return new Progress(
        told.phase(),
        layer * told.total() + told.done(),
        origins.layers().size() * told.total(),
        Map.copyOf(values));
  }

  private static Path folder(Checkpointing kept, int layer) {
    return kept.folder().resolve("layer-" + layer);
  }

  private LearnedLayers done(Texts texts, Path folder) {
    String fingerprint =
        new Fingerprint()
            .add("layerwise distillation " + VERSION)
            .add(PyTorch.device())
            .add(teacher.model().directory().rootDigest())
            .add(student.model().directory().rootDigest())
            .add(origins.toString())
            .add(texts.learned().fingerprint())
            .add(texts.heldOut().fingerprint())
            .add("batch %d, %s".formatted(texts.batch(), settings))
            .hex();
    return new LearnedLayers(folder, fingerprint);
  }

  /** Writes all layers over those of a model that is like the student. */
  public void write(Texts texts, Path folder, ModelDirectory made) {
    LearnedLayers done = done(texts, folder);
    for (int layer = 0; layer < origins.layers().size(); layer++) {
      done.write(layer, made);
    }
  }
}
