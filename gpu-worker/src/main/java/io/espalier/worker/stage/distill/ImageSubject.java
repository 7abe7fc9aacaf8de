package io.espalier.worker.stage.distill;

import io.espalier.worker.algorithm.distill.DistillationObjective;
import io.espalier.worker.algorithm.distill.DistillationSettings;
import io.espalier.worker.algorithm.distill.ImageSamples;
import io.espalier.worker.algorithm.distill.StoredTeacher;
import io.espalier.worker.algorithm.distill.Teacher;
import io.espalier.worker.algorithm.evaluate.ImageMetrics;
import io.espalier.worker.algorithm.train.ComparedHeldOut;
import io.espalier.worker.algorithm.train.HeldOut;
import io.espalier.worker.algorithm.train.ImageObjective;
import io.espalier.worker.algorithm.train.Objective;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.data.ImageDatasets;
import io.espalier.worker.data.ImageReading;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.VisionModel;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A student and a teacher that tell images apart.
 *
 * @param data shares of the images
 * @param seed of what is drawn besides them
 */
record ImageSubject(
    DistillSpec spec,
    VisionModel student,
    VisionModel teacher,
    TrainingData<ImageDataset> data,
    long seed)
    implements DistillSubject {
  /**
   * Opens the images of a job.
   *
   * @throws InvalidInputException with everything that is wrong with them, or if settings are for
   *     models that read text
   */
  static ImageSubject open(
      DistillSpec spec, VisionModel student, VisionModel teacher, DataRoles roles) {
    spec.requireNoTexts();
    var split =
        roles.open(
            uri -> ImageDatasets.openAny(uri, student.input()),
            ImageDataset::size,
            images -> spec.heldOut(images.size()),
            new TrainingData.Parting<>(ImageDataset::drawn, ImageDataset::withoutDrawn));
    var subject = new ImageSubject(spec, student, teacher, split, roles.seed());
    if (spec.inner().comparesFeatures()) {
      subject.left(); // refused now, not after models are loaded
    }
    return subject;
  }

  @Override
  public RecommendedSettings recommended() {
    long parameters = RecommendedSettings.parameters(student);
    return student.family().maskable().isPresent()
        ? RecommendedSettings.ofImageTransformers(parameters)
        : RecommendedSettings.ofConvolutions(parameters);
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
    Teacher<VisionFamily> asked = new Teacher<>(teacher.family(), teacherWeights, digest());
    var samples = new ImageSamples(data.learned(), spec.augmentation(), spec.mixup());
    DistillationSettings settings = settings(weights, teacherWeights);
    if (spec.teacherTopK().isEmpty()) {
      return TeacherLessons.of(
          DistillationObjective.ofImages(student.family(), weights, asked, samples, settings));
    }
    var kept =
        StoredTeacher.ofImages(
            asked, samples, settings.output(), spec.storage(folder, recommended()), progress);
    return new TeacherLessons(
        DistillationObjective.ofImages(student.family(), weights, kept, settings), kept::close);
  }

  private DistillationSettings settings(Weights weights, Weights teacherWeights) {
    InnerSpec inner = spec.inner();
    DistillationSettings outputs = spec.learning(recommended());
    if (!inner.learnsFeatures()) {
      return outputs;
    }
    FeaturePlaces places = FeaturePlaces.of(student, weights, teacher, teacherWeights);
    return outputs.withInner(
        inner.comparesFeatures()
            ? inner.features(
                places,
                places.channels(
                    teacher.family().sections(teacherWeights), teacher.architecture(), left()))
            : inner.generation(places, seed),
        inner.balance());
  }

  /** Units of the teacher that are left in the student. */
  private Kept left() {
    Path before = teacher.directory().path();
    return Lineage.of(student.directory().path(), before).units(student, teacher);
  }

  /** Tells the teacher from others, corrected ones included. */
  private String digest() {
    return spec.taught(teacher.directory().rootDigest(), seed);
  }

  @Override
  public Objective teacherTask() {
    return new ImageObjective(teacher.family(), data.learned(), spec.augmentation(), 0);
  }

  @Override
  public HeldOut teacherHeldOut(Weights start) {
    return ComparedHeldOut.ofImages(
        teacher.family(), data.heldOut(), teacher.family(), start, Progress.Listener.NONE);
  }

  @Override
  public HeldOut heldOut(Weights teacherWeights, Progress.Listener progress) {
    return beside(data.heldOut(), teacherWeights, progress);
  }

  @Override
  public JudgedSamples judged(Weights teacherWeights, Progress.Listener progress) {
    ComparedHeldOut<ImageMetrics> images = beside(data.judged(), teacherWeights, progress);
    return new JudgedSamples(images, images.ofReference());
  }

  private ComparedHeldOut<ImageMetrics> beside(
      ImageDataset images, Weights teacherWeights, Progress.Listener progress) {
    return ComparedHeldOut.ofImages(
        student.family(), images, teacher.family(), teacherWeights, progress);
  }

  @Override
  public List<String> measureNames() {
    return ImageMetrics.names(data.judged().labelled());
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
    return Stream.of(data.learned(), data.judged())
        .map(ImageDataset::reading)
        .map(ImageReading::warnings)
        .flatMap(List::stream)
        .distinct()
        .toList();
  }

  @Override
  public Map<String, String> reading() {
    return data.judged().reading().facts();
  }
}
