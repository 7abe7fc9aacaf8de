package io.espalier.worker.stage.distill;

import io.espalier.worker.algorithm.train.HeldOut;
import io.espalier.worker.algorithm.train.Objective;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.KnownModel;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A student with its teacher and the data of both. */
sealed interface DistillSubject permits ImageSubject, TextSubject {
  /** The model that learns. */
  KnownModel student();

  /** The model that it learns from. */
  KnownModel teacher();

  /** Returns what holds where the policy says nothing. */
  RecommendedSettings recommended();

  /** Number of samples that are learned from. */
  int samples();

  /** Returns whether it is known what is right of these. */
  boolean labelled();

  /**
   * Returns what is learned, for the caller to close.
   *
   * @param weights of the student; looked at only for what it is made of
   * @param teacherWeights stay open as long as it is learned
   * @param folder where what the teacher says is kept, if it is
   */
  TeacherLessons lessons(
      Weights weights, Weights teacherWeights, Path folder, Progress.Listener progress);

  /**
   * Returns what the teacher is corrected by: what is right of the samples that are learned from.
   */
  Objective teacherTask();

  /**
   * Samples that are held out of the training data, for the teacher.
   *
   * @param start the teacher as it came
   */
  HeldOut teacherHeldOut(Weights start);

  /** Samples that are held out of the training data. */
  HeldOut heldOut(Weights teacherWeights, Progress.Listener progress);

  /** Samples that the model is measured on before and after. */
  JudgedSamples judged(Weights teacherWeights, Progress.Listener progress);

  /** Names of what is measured. */
  List<String> measureNames();

  /** The data. */
  TrainingData<?> data();

  /** SHA-256 of the samples that are learned from. */
  String learned();

  /** SHA-256 of the samples that before and after are measured on. */
  String fingerprint();

  /** Returns what of model and data could have been meant otherwise than it was read. */
  List<String> warnings();

  /** Returns how data become numbers, by key. */
  Map<String, String> reading();
}
