package io.espalier.worker.stage.distill;

import io.espalier.schemas.stage.DistillKeys;
import io.espalier.schemas.stage.StageDeclaration;
import io.espalier.worker.algorithm.distill.SameAnswers;
import io.espalier.worker.algorithm.evaluate.Judgement;
import io.espalier.worker.algorithm.prune.CutFiles;
import io.espalier.worker.algorithm.train.Augmentation;
import io.espalier.worker.algorithm.train.Checkpointing;
import io.espalier.worker.algorithm.train.LearningCurve;
import io.espalier.worker.algorithm.train.Trainer;
import io.espalier.worker.algorithm.train.Validation;
import io.espalier.worker.checkpoint.FileTree;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.Problems;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.model.KnownModel;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.VisionModel;
import io.espalier.worker.stage.CopiedModel;
import io.espalier.worker.stage.ModelCosts;
import io.espalier.worker.stage.Stage;
import io.espalier.worker.tensor.Weights;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Trains a model to answer as its teacher, the model that the run began with: on a share of the
 * training data it is judged at the start, on the way and at the end, and the best of these goes
 * out, the start included.
 *
 * <p>Its state is kept every few minutes and when the process is told to end; a repeated job goes
 * on from there with the same bits.
 */
public final class DistillStage implements Stage {
  /** Name of the algorithm in reports. */
  static final String NAME = "distill";

  private static final String TEACHER_CORRECTION = "teacherCorrection";
  private static final Duration BETWEEN_STATES = Duration.ofMinutes(2);

  private final Duration betweenStates;

  /** A stage that keeps the state of a training every two minutes. */
  public DistillStage() {
    this(BETWEEN_STATES);
  }

  /** A stage that keeps the state of a training at intervals. */
  public DistillStage(Duration betweenStates) {
    this.betweenStates = betweenStates;
  }

  /** Everything that a job names, opened and found to fit together. */
  private record Opened(DistillSpec spec, DistillSubject subject) {}

  @Override
  public StageDeclaration declaration() {
    return DistillKeys.DISTILL;
  }

  @Override
  public String version() {
    return "1";
  }

  /** Beside the usual need: the state of the training and the best weights, in float32. */
  @Override
  public long diskBytes(StageJob job, long inputBytes, Map<String, Long> referenceBytes) {
    long inSinglePrecision = 2 * inputBytes; // of what is stored in 16 bits
    int kept = 3 + 1 + DistillSpec.parse(job.spec()).keep(); // state, and judged weights, one more
    boolean corrects = DistillSpec.parse(job.spec()).correctsTeacher();
    long teacher = corrects ? referenceBytes.getOrDefault(StageDeclaration.TEACHER, 0L) : 0;
    int ofTeacher = 3 + 2 + 1; // state, judged weights, the corrected ones
    return 3 * inputBytes + kept * inSinglePrecision + 2L * ofTeacher * teacher;
  }

  @Override
  public void check(StageJob job) {
    open(job);
  }

  @Override
  public Set<String> metrics(StageJob job) {
    Opened opened = open(job);
    Set<String> names = new LinkedHashSet<>();
    ModelCosts.of(opened.subject().student(), true).forEach(cost -> names.add(cost.name()));
    names.addAll(opened.subject().measureNames());
    return names;
  }

  @Override
  public StageReport run(StageJob job, Progress.Listener progress) {
    Opened opened = open(job);
    if (opened.spec().layerwise()) {
      return delivered(layerwise(job, opened, progress), job);
    }
    DistillSubject subject = opened.subject();
    KnownModel student = subject.student();
    Path folder = folder(job);
    var correction =
        new TeacherCorrection(opened.spec(), subject, folder, job.seed(), betweenStates);
    try (Weights teacherWeights = correction.weights(progress);
        Weights weights = Weights.load(student.directory(), student.architecture())) {
      JudgedSamples judged = subject.judged(teacherWeights, progress);
      Judgement before = judged.samples().judge(weights);
      LearningCurve curve = train(job, opened, weights, teacherWeights, folder, progress);
      Judgement after = curve.best().orElse(0) == 0 ? before : judged.samples().judge(weights);
      CopiedModel.copy(job.input(), job.output());
      if (curve.best().orElse(0) > 0) {
        CutFiles.write(ModelDirectory.open(job.output()), weights);
      }
      Map<String, String> told = new LinkedHashMap<>();
      correction.words().ifPresent(words -> told.put(TEACHER_CORRECTION, words));
      told.putAll(
          KeptCheckpoints.of(curve, opened.spec(), opened.spec().deciding(before))
              .write(folder, weights, job.output()));
      var result =
          new DistillResult(
              job,
              opened.spec(),
              subject,
              curve,
              new DistillOutcome(before, after, judged.teacher(), told));
      return delivered(result, job);
    }
  }

  private DistillResult layerwise(StageJob job, Opened opened, Progress.Listener progress) {
    try (var ending = new ProcessEnding()) {
      return LayerwiseWork.of(job, opened.spec(), opened.subject())
          .run(new Checkpointing(folder(job), betweenStates, ending), progress);
    }
  }

  private static StageReport delivered(DistillResult result, StageJob job) {
    StageReport report = result.report();
    result.write(report);
    FileTree.clear(folder(job)); // not before: a job that is repeated goes on from what lies there
    return report;
  }

  /** Where the state of the training is kept. */
  private static Path folder(StageJob job) {
    return job.checkpoints().resolve(NAME);
  }

  private LearningCurve train(
      StageJob job,
      Opened opened,
      Weights weights,
      Weights teacherWeights,
      Path folder,
      Progress.Listener progress) {
    DistillSubject subject = opened.subject();
    RecommendedSettings usual = subject.recommended();
    try (var ending = new ProcessEnding();
        TeacherLessons lessons = subject.lessons(weights, teacherWeights, folder, progress)) {
      return new Trainer(opened.spec().training(usual, job.seed()))
          .judgedBy(
              new Validation(
                  subject.heldOut(teacherWeights, progress),
                  opened.spec().evaluateEvery(usual, subject.samples()),
                  opened.spec().patience(),
                  opened.spec().judgedBy(),
                  opened.spec().keep()),
              new Checkpointing(folder, betweenStates, ending))
          .train(weights, lessons.objective(), progress);
    }
  }

  /** Opens models, settings and data, and gathers what is wrong with any of them. */
  private static Opened open(StageJob job) {
    Problems problems = Problems.ofSeveral();
    Optional<DistillSpec> spec = problems.attempt(() -> DistillSpec.parse(job.spec()));
    Optional<KnownModel> student = problems.attempt(() -> model(job.input()));
    Optional<KnownModel> teacher = problems.attempt(() -> teacher(job));
    Optional<DataRoles> roles = problems.attempt(() -> DataRoles.of(job));
    problems.throwIfAny();
    DistillSubject subject =
        subject(
            job,
            spec.orElseThrow(),
            student.orElseThrow(),
            teacher.orElseThrow(),
            roles.orElseThrow());
    requireEnough(spec.orElseThrow(), subject);
    if (job.data().containsKey(DataRoles.TEACHER)
        && (spec.orElseThrow().inner().needsOrigins() || spec.orElseThrow().layerwise())) {
      throw new InvalidInputException(
          "data.teacher: where layers and channels are from is known of the model that the run"
              + " began with alone; leave teacher out, or hidden, attention, features and mode;"
              + " hidden with map: projection and features with loss: mgd go with any teacher");
    }
    if (spec.orElseThrow().layerwise()) {
      LayerwiseWork.of(job, spec.orElseThrow(), subject);
    }
    return new Opened(spec.orElseThrow(), subject);
  }

  private static void requireEnough(DistillSpec spec, DistillSubject subject) {
    Problems problems = new Problems();
    int batch = spec.batch(subject.recommended());
    if (subject.samples() < batch) {
      problems.add(
          "distill.batchSize: wanted at most the %d samples that are left to learn from, found %d;"
              + " ask for smaller batches or give more training data",
          subject.samples(), batch);
    }
    if (spec.teacherTopK().isPresent()
        && subject instanceof ImageSubject
        && !spec.augmentation().equals(Augmentation.NONE)) {
      problems.add(
          "distill.teacherTopK: what the teacher says is kept of images that do not change; say"
              + " augmentation: none, or leave it out");
    }
    spec.judgedBy()
        .filter(name -> !subject.measureNames().contains(name))
        .ifPresent(
            name ->
                problems.add(
                    "distill.judgedBy: wanted one of %s, found %s", subject.measureNames(), name));
    if (!subject.labelled()) {
      spec.keysOfLabels()
          .forEach(
              key ->
                  problems.add(
                      "distill.%s: needs labels, but the training data have none; leave it out or"
                          + " give data with labels",
                      key));
    }
    problems.throwIfAny();
  }

  private static KnownModel model(Path directory) {
    return KnownModel.of(ModelDirectory.open(directory));
  }

  /** The model that the data name as teacher, or else the one that the run began with. */
  private static KnownModel teacher(StageJob job) {
    URI other = job.data().get(DataRoles.TEACHER);
    if (other != null) {
      return model(DataRoles.directory(other));
    }
    Path directory = job.references().get(StageDeclaration.TEACHER);
    if (directory == null) {
      throw new InvalidInputException(
          "references.%s: wanted a model to learn from, found none; upgrade the coordinator, which fills it in"
              .formatted(StageDeclaration.TEACHER));
    }
    return model(directory);
  }

  private static DistillSubject subject(
      StageJob job, DistillSpec spec, KnownModel student, KnownModel teacher, DataRoles roles) {
    SameAnswers.require(teacher, student);
    if (student instanceof TextModel text && teacher instanceof TextModel other) {
      int length = spec.texts(job.seed()).length(text.input());
      return TextSubject.open(
          spec,
          TextModel.of(text.directory(), length),
          TextModel.of(other.directory(), length),
          roles,
          job.seed());
    }
    if (student instanceof VisionModel images && teacher instanceof VisionModel others) {
      return ImageSubject.open(spec, images, others, roles);
    }
    throw new IllegalStateException(
        "%s and %s read the same, but neither texts nor images"
            .formatted(student.family().name(), teacher.family().name()));
  }
}
