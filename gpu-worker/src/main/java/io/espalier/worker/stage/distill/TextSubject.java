package io.espalier.worker.stage.distill;

import io.espalier.worker.algorithm.distill.DistillationObjective;
import io.espalier.worker.algorithm.distill.DistillationSettings;
import io.espalier.worker.algorithm.distill.InnerTerm;
import io.espalier.worker.algorithm.distill.ProjectedLoss;
import io.espalier.worker.algorithm.distill.StoredTeacher;
import io.espalier.worker.algorithm.distill.Teacher;
import io.espalier.worker.algorithm.distill.TextSamples;
import io.espalier.worker.algorithm.evaluate.TextMetrics;
import io.espalier.worker.algorithm.layerwise.LayerOrigins;
import io.espalier.worker.algorithm.train.ComparedHeldOut;
import io.espalier.worker.algorithm.train.HeldOut;
import io.espalier.worker.algorithm.train.Objective;
import io.espalier.worker.algorithm.train.TextObjective;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A student and a teacher that read text.
 *
 * @param data shares of the texts
 * @param seed of what is drawn besides them
 */
record TextSubject(
    DistillSpec spec,
    TextModel student,
    TextModel teacher,
    TrainingData<TextDataset> data,
    long seed)
    implements DistillSubject {
  /**
   * Opens the texts of a job.
   *
   * @throws InvalidInputException with everything that is wrong with them
   */
  static TextSubject open(
      DistillSpec spec, TextModel student, TextModel teacher, DataRoles roles, long seed) {
    spec.requireNoImages();
    TextSettings settings = spec.texts(seed);
    TextInput input = student.input();
    Path directory = student.directory().path();
    var split =
        roles.open(
            uri -> TextDatasets.open(uri, input, directory, settings),
            TextDataset::size,
            texts -> spec.heldOut(texts.examples()),
            new TrainingData.Parting<>(TextDataset::drawn, TextDataset::withoutDrawn));
    var subject = new TextSubject(spec, student, teacher, split, seed);
    subject.inner(); // refused now, not after models are loaded
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
    Teacher<TextNetwork> asked = new Teacher<>(teacher.network(), teacherWeights, digest());
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
    List<InnerTerm> terms = inner();
    DistillationSettings outputs = spec.learning(recommended());
    return terms.isEmpty() ? outputs : outputs.withInner(terms, spec.inner().balance());
  }

  private List<InnerTerm> inner() {
    InnerSpec said = spec.inner();
    List<InnerTerm> terms = new ArrayList<>();
    if (said.learnsHidden()) {
      terms.addAll(said.projects() ? projected(said) : said.hidden(origins()));
    }
    if (said.learnsAttention()) {
      Path before = teacher.directory().path();
      terms.addAll(
          said.attention(Lineage.of(student.directory().path(), before).heads(student, teacher)));
    }
    return terms;
  }

  private List<InnerTerm> projected(InnerSpec said) {
    int own = layers(student);
    var projection =
        new ProjectedLoss.Projection(
            student.network().hiddenSize(), teacher.network().hiddenSize(), seed);
    return said.projected(
        Lineage.of(student.directory().path(), teacher.directory().path())
            .layers(own, layers(teacher)),
        projection);
  }

  private static int layers(TextModel model) {
    if (model.network() instanceof LayerStack stack) {
      return stack.layers();
    }
    throw new InvalidInputException(
        "distill: layers of family %s cannot be looked at one by one; leave it out"
            .formatted(model.family().name()));
  }

  /**
   * Returns where layers and channels of the student are from.
   *
   * @throws InvalidInputException if nobody knows
   */
  LayerOrigins origins() {
    return StudentOrigins.of(student, teacher, layers(student));
  }

  /** Tells the teacher from others, corrected ones included. */
  private String digest() {
    return spec.taught(teacher.directory().rootDigest(), seed);
  }

  @Override
  public Objective teacherTask() {
    return TextObjective.of(teacher.network(), data.learned());
  }

  @Override
  public HeldOut teacherHeldOut(Weights start) {
    return ComparedHeldOut.ofTexts(
        teacher.network(), data.heldOut(), teacher.network(), start, Progress.Listener.NONE);
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
