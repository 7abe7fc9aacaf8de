package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.algorithm.train.Mixup;
import io.espalier.worker.algorithm.train.Objective;
import io.espalier.worker.data.Batch;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.model.transformer.LayeredNetwork;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Objectives by which a student learns from a teacher: it is to say of each sample what the teacher
 * says, see {@link DistillationSettings}.
 *
 * <p>Teacher and student see the same pixels or tokens, the teacher as it is used, the student as
 * it is trained. What is compared goes by the task:
 *
 * <ul>
 *   <li>images and texts with one label: distributions over labels; the count is one a sample
 *   <li>texts with several labels: of each label whether it is right; the mean over labels
 *   <li>texts with numbers: squared error; the mean over numbers
 *   <li>questions: the mean of the distributions of start and end over real tokens
 *   <li>labels of tokens and masked tokens: distributions of the tokens that have a label, of all
 *       real tokens in data without labels; the count is one a token
 *   <li>text that is continued: distributions of the next token, wherever that has a label (only in
 *       answers, if the data ask for answers), or in data without labels wherever a token follows
 *   <li>embeddings: their angle, or squared error
 * </ul>
 *
 * Weights of teacher and student may be of different widths and depths.
 */
public final class DistillationObjective {
  private DistillationObjective() {}

  /**
   * The objective of a student that reads images.
   *
   * @param student its forward pass
   * @param weights of the student; looked at only for what it is made of
   * @throws InvalidInputException with everything in the settings that cannot be had
   */
  public static Objective ofImages(
      VisionFamily student,
      Weights weights,
      Teacher<VisionFamily> teacher,
      ImageSamples samples,
      DistillationSettings settings) {
    return objective(
        samples,
        new ImagePass(student, Mode.TRAIN),
        weights,
        new PresentTeacher<>(
            new ImagePass(teacher.network(), Mode.EVALUATE),
            teacher.weights(),
            teacher.digest(),
            samples,
            settings.output()),
        settings);
  }

  /**
   * The objective of a student that reads tokens.
   *
   * @param student its forward pass
   * @param weights of the student; looked at only for what it is made of
   * @throws InvalidInputException with everything in the settings that cannot be had
   */
  public static Objective ofTexts(
      TextNetwork student,
      Weights weights,
      Teacher<TextNetwork> teacher,
      TextSamples samples,
      DistillationSettings settings) {
    return objective(
        samples,
        pass(student, settings),
        weights,
        new PresentTeacher<>(
            new TextPass(teacher.network()),
            teacher.weights(),
            teacher.digest(),
            samples,
            settings.output()),
        settings);
  }

  /**
   * The objective of a student that reads images, from what is kept of its teacher.
   *
   * @param weights of the student; looked at only for what it is made of
   * @param teacher open as long as anybody learns from it
   * @throws InvalidInputException with everything in the settings that cannot be had
   */
  public static Objective ofImages(
      VisionFamily student,
      Weights weights,
      StoredTeacher<Batch, NDArray> teacher,
      DistillationSettings settings) {
    teacher.requireEnough(settings);
    return objective(
        teacher.samples(), new ImagePass(student, Mode.TRAIN), weights, teacher, settings);
  }

  /**
   * The objective of a student that reads tokens, from what is kept of its teacher.
   *
   * @param weights of the student; looked at only for what it is made of
   * @param teacher open as long as anybody learns from it
   * @throws InvalidInputException with everything in the settings that cannot be had
   */
  public static Objective ofTexts(
      TextNetwork student,
      Weights weights,
      StoredTeacher<TokenBatch, Tokens> teacher,
      DistillationSettings settings) {
    teacher.requireEnough(settings);
    return objective(teacher.samples(), pass(student, settings), weights, teacher, settings);
  }

  private static NetworkPass<Tokens> pass(TextNetwork student, DistillationSettings settings) {
    if (!settings.recomputes()) {
      return new TextPass(student);
    }
    if (!(student instanceof LayeredNetwork layered)) {
      throw new InvalidInputException(
          "gradientCheckpointing: activations of layers are computed again in decoders that"
              + " continue text alone; leave it out");
    }
    return new RecomputedTextPass(layered);
  }

  private static <B, I> Objective objective(
      LearningSamples<B, I> samples,
      NetworkPass<I> student,
      Weights weights,
      TeacherSource<B, I> teacher,
      DistillationSettings settings) {
    var problems = new ArrayList<String>();
    requireLabels(samples, settings, problems);
    if (samples instanceof ImageSamples images
        && !images.mixup().equals(Mixup.NONE)
        && settings.output().correction().isPresent()) {
      problems.add(
          "a teacher is corrected where one class is right, but mixed images have two; leave out"
              + " the correction or mixup");
    }
    for (InnerTerm term : settings.inner()) {
      requirePlace("student", term.ofStudent().place(), student.places(weights), problems);
      requirePlace("teacher", term.ofTeacher().place(), teacher.places(), problems);
    }
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems.stream().distinct().toList());
    }
    return new LearningObjective<>(samples, student, teacher, settings, companions(settings));
  }

  private static Optional<Weights> companions(DistillationSettings settings) {
    List<Companion> all =
        settings.inner().stream().flatMap(term -> term.companions().stream()).toList();
    return all.isEmpty() ? Optional.empty() : Optional.of(Companion.drawn(all));
  }

  private static void requireLabels(
      LearningSamples<?, ?> samples, DistillationSettings settings, List<String> problems) {
    if (settings.taskShare() > 0 && samples.comparison() == AnswerComparison.VECTORS) {
      problems.add(
          "the task's loss is to have a share of %s, but a model of embeddings has none; set the share to 0"
              .formatted(settings.taskShare()));
    } else if (settings.taskShare() > 0 && !samples.labelled()) {
      problems.add(
          "the task's loss is to have a share of %s, which needs labels, but the training data have none; give data with labels, or set the share to 0"
              .formatted(settings.taskShare()));
    }
    if (settings.output().correction().isEmpty()) {
      return;
    }
    if (samples.comparison() != AnswerComparison.CLASSES) {
      problems.add(
          "a teacher is corrected where one class is right, but these models say something else of"
              + " a sample; leave the correction out");
    } else if (!samples.labelled()) {
      problems.add(
          "a teacher is corrected by labels, but the training data have none; give data with"
              + " labels, or leave the correction out");
    }
  }

  private static void requirePlace(String whose, int place, int places, List<String> problems) {
    if (place >= places) {
      problems.add(
          "an inner loss names place %d of the %s, which has %d, counted from 0"
              .formatted(place, whose, places));
    }
  }
}
