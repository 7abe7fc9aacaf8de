package io.espalier.worker.stage.distill;

import io.espalier.worker.algorithm.evaluate.Judgement;
import io.espalier.worker.algorithm.evaluate.TextEvaluation;
import io.espalier.worker.algorithm.layerwise.LayerOrigins;
import io.espalier.worker.algorithm.layerwise.LayerwiseDistillation;
import io.espalier.worker.algorithm.layerwise.LearnedLayer;
import io.espalier.worker.algorithm.minitron.measure.MemoryLimits;
import io.espalier.worker.algorithm.minitron.measure.StreamedJudgement;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.algorithm.train.Checkpointing;
import io.espalier.worker.algorithm.train.LearningCurve;
import io.espalier.worker.checkpoint.FileTree;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.transformer.LayeredNetwork;
import io.espalier.worker.stage.CopiedModel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Work of a distillation whose layers learn one by one. The model as it came and the one whose
 * layers have learned are judged on held-out texts layer by layer, too, and the better one goes
 * out.
 */
record LayerwiseWork(StageJob job, DistillSpec spec, TextSubject subject) {
  private static final String HELD_OUT = "judging on held-out texts";

  /**
   * Makes sure that a subject's layers can learn one by one.
   *
   * @throws InvalidInputException if it is no decoder, or nobody knows where its layers are from
   */
  static LayerwiseWork of(StageJob job, DistillSpec spec, DistillSubject subject) {
    if (!(subject instanceof TextSubject texts)
        || texts.student().input().task() != TextTask.TEXT_GENERATION
        || !(texts.student().network() instanceof LayeredNetwork)) {
      throw new InvalidInputException(
          "distill.mode: layers learn one by one in decoders for %s, but this is a model of family %s; leave mode out"
              .formatted(TextTask.TEXT_GENERATION.key(), subject.student().family().name()));
    }
    texts.origins();
    return new LayerwiseWork(job, spec, texts);
  }

  /**
   * Trains the layers one by one, and writes the model of the job's output.
   *
   * @param rule keeps layers and the state of the one that learns
   */
  DistillResult run(Checkpointing rule, Progress.Listener progress) {
    TextSubject texts = subject;
    RecommendedSettings usual = texts.recommended();
    DecoderBlueprint student = DecoderBlueprint.of(texts.student());
    DecoderBlueprint teacher = DecoderBlueprint.of(texts.teacher());
    LayerOrigins origins = texts.origins();
    int layers = origins.layers().size();
    var distillation =
        new LayerwiseDistillation(
            teacher, student, origins, spec.layerTraining(usual, layers, job.seed()));
    var data =
        new LayerwiseDistillation.Texts(
            texts.data().learned(), texts.data().heldOut(), spec.piece(usual));
    var rules =
        new LayerwiseDistillation.Rules(
            spec.evaluateEvery(usual, texts.samples()), spec.patience(), rule, spec.room());
    Judgement start = judge(student, texts.data().heldOut(), HELD_OUT, progress);
    List<LearnedLayer> learned = distillation.train(data, rules, progress);
    CopiedModel.copy(job.input(), job.output());
    ModelDirectory made = ModelDirectory.open(job.output());
    distillation.write(data, rule.folder(), made);
    Judgement end = judge(blueprint(made), texts.data().heldOut(), HELD_OUT, progress);
    LearningCurve curve = curve(learned, start, end);
    Judgement before = judge(student, texts.data().judged(), "judging the student", progress);
    if (curve.best().orElse(0) == 0) {
      FileTree.clear(job.output());
      CopiedModel.copy(job.input(), job.output());
    }
    Judgement after =
        curve.best().orElse(0) == 0
            ? before
            : judge(blueprint(made), texts.data().judged(), "judging the result", progress);
    Judgement ofTeacher = judge(teacher, texts.data().judged(), "judging the teacher", progress);
    return new DistillResult(
        job, spec, texts, curve, new DistillOutcome(before, after, ofTeacher, details(learned)));
  }

  private DecoderBlueprint blueprint(ModelDirectory made) {
    return DecoderBlueprint.of(TextModel.of(made, subject.student().tokens()));
  }

  private Judgement judge(
      DecoderBlueprint model, TextDataset data, String phase, Progress.Listener progress) {
    MemoryLimits room = spec.room();
    return new StreamedJudgement(data, TextEvaluation.BATCH, room, job.checkpoints(), progress)
        .of(phase, model);
  }

  /** The start and the end of the whole model, by the loss of the next token on held-out texts. */
  private static LearningCurve curve(List<LearnedLayer> learned, Judgement start, Judgement end) {
    long steps = learned.stream().mapToLong(LearnedLayer::steps).sum();
    return new LearningCurve(
        List.of(),
        List.of(
            new LearningCurve.Point(0, Double.NaN, start.finest().value()),
            new LearningCurve.Point(steps, Double.NaN, end.finest().value())),
        steps,
        false);
  }

  private static Map<String, String> details(List<LearnedLayer> learned) {
    var details = new LinkedHashMap<String, String>();
    learned.forEach(
        layer ->
            details.put(
                "layer." + layer.layer(),
                "error %.3g of the stream at the start, %.3g after %d steps"
                    .formatted(layer.before(), layer.after(), layer.steps())));
    return details;
  }
}
