package io.espalier.worker.stage.distill;

import io.espalier.worker.algorithm.distill.DistillationObjective;
import io.espalier.worker.algorithm.distill.DistillationSettings;
import io.espalier.worker.algorithm.distill.StoredTeacher;
import io.espalier.worker.algorithm.distill.Teacher;
import io.espalier.worker.algorithm.distill.TextSamples;
import io.espalier.worker.algorithm.evaluate.TextMetrics;
import io.espalier.worker.algorithm.train.ComparedHeldOut;
import io.espalier.worker.algorithm.train.HeldOut;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.data.text.TextDatasets;
import io.espalier.worker.data.text.TextSettings;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.LayerStack;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A student and a teacher that read text.
 *
 * @param data shares of the texts
 */
record TextSubject(
    DistillSpec spec, TextModel student, TextModel teacher, TrainingData<TextDataset> data)
    implements DistillSubject {
  /**
   * Opens the texts of a job.
   *
   * @throws InvalidInputException with everything that is wrong with them
   */
  static TextSubject open(
      DistillSpec spec, TextModel student, TextModel teacher, DataRoles roles, long seed) {
    TextSettings settings = spec.texts(seed);
    TextInput input = student.input();
    Path directory = student.directory().path();
    var split =
        roles.open(
            uri -> TextDatasets.open(uri, input, directory, settings),
            TextDataset::size,
            texts -> spec.heldOut(texts.examples()),
            new TrainingData.Parting<>(TextDataset::drawn, TextDataset::withoutDrawn));
    var subject = new TextSubject(spec, student, teacher, split);
    if (spec.learnsHidden()) {
      subject.origins(); // refused now, not after models are loaded
    }
    return subject;
  }

  @Override
  public RecommendedSettings recommended() {
    return RecommendedSettings.ofText(
        RecommendedSettings.parameters(student),
        student.input().task() == TextTask.TEXT_GENERATION);
  }

  @Override
  public int samples() {
    return data.learned().size();
  }

  @Override
  public boolean labelled() {
    return data.learned().labelled();
  }

  @Override
  public TeacherLessons lessons(
      Weights weights, Weights teacherWeights, Path folder, Progress.Listener progress) {
    Teacher<TextNetwork> asked =
        new Teacher<>(teacher.network(), teacherWeights, teacher.directory().rootDigest());
    var samples = new TextSamples(student.input(), data.learned());
    DistillationSettings settings = settings();
    if (spec.teacherTopK().isEmpty()) {
      return TeacherLessons.of(
          DistillationObjective.ofTexts(student.network(), weights, asked, samples, settings));
    }
    var kept =
        StoredTeacher.ofTexts(
            asked, samples, settings.output(), spec.storage(folder, recommended()), progress);
    return new TeacherLessons(
        DistillationObjective.ofTexts(student.network(), weights, kept, settings), kept::close);
  }

  private DistillationSettings settings() {
    DistillationSettings outputs = spec.learning(recommended());
    return spec.learnsHidden() ? spec.withHidden(outputs, origins()) : outputs;
  }

  /**
   * Returns where layers and channels of the student are from.
   *
   * @throws InvalidInputException if nobody knows
   */
  StudentOrigins origins() {
    if (student.network() instanceof LayerStack stack) {
      return StudentOrigins.of(student, teacher, stack.layers());
    }
    throw new InvalidInputException(
        "distill: layers of family %s cannot be looked at one by one; leave it out"
            .formatted(student.family().name()));
  }

  @Override
  public HeldOut heldOut(Weights teacherWeights, Progress.Listener progress) {
    return beside(data.heldOut(), teacherWeights, progress);
  }

  @Override
  public JudgedSamples judged(Weights teacherWeights, Progress.Listener progress) {
    ComparedHeldOut<TextMetrics> texts = beside(data.judged(), teacherWeights, progress);
    return new JudgedSamples(texts, texts.ofReference());
  }

  private ComparedHeldOut<TextMetrics> beside(
      TextDataset texts, Weights teacherWeights, Progress.Listener progress) {
    return ComparedHeldOut.ofTexts(
        student.network(), texts, teacher.network(), teacherWeights, progress);
  }

  @Override
  public List<String> measureNames() {
    return TextMetrics.names(student.input());
  }

  @Override
  public String learned() {
    return data.learned().fingerprint();
  }

  @Override
  public String fingerprint() {
    return data.judged().fingerprint();
  }

  @Override
  public List<String> warnings() {
    return Stream.of(student.warnings(), data.learned().warnings(), data.judged().warnings())
        .flatMap(List::stream)
        .distinct()
        .toList();
  }

  @Override
  public Map<String, String> reading() {
    return Map.of();
  }
}
