package io.espalier.worker.stage.distill;

import io.espalier.worker.algorithm.train.Checkpointing;
import io.espalier.worker.algorithm.train.LearningCurve;
import io.espalier.worker.algorithm.train.Objective;
import io.espalier.worker.algorithm.train.Trainer;
import io.espalier.worker.algorithm.train.TrainingSettings;
import io.espalier.worker.algorithm.train.Validation;
import io.espalier.worker.checkpoint.safetensors.SafetensorsFile;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.data.Fingerprint;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.KnownModel;
import io.espalier.worker.report.chart.Figures;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Fine-tuning of a teacher on the data of a distillation by the loss of its task, before a student
 * learns from it; the best on held-out samples teaches, the start included. What comes of it lies
 * beside the state of the training until that is over, so a repeated job does not do it again.
 *
 * <p>Source: Sreenivas et al., LLM Pruning and Distillation in Practice: The Minitron Approach,
 * arXiv 2408.11796, teacher correction.
 *
 * @param folder where it lies
 * @param seed of everything random
 * @param betweenStates time between two states of the fine-tuning
 */
record TeacherCorrection(
    DistillSpec spec, DistillSubject subject, Path folder, long seed, Duration betweenStates) {
  private static final String FILE = "teacher.safetensors";
  private static final String STATES = "correction";
  private static final String FINGERPRINT = "fingerprint";
  private static final String WORDS = "words";
  private static final String PHASE = "correcting the teacher";
  private static final int JUDGEMENTS = 4;

  /** The teacher that is learned from, corrected if that is asked for; for the caller to close. */
  Weights weights(Progress.Listener progress) {
    Optional<SafetensorsFile> corrected =
        spec.correctsTeacher()
            ? Optional.of(kept().orElseGet(() -> corrected(progress)))
            : Optional.empty();
    Weights weights = load();
    corrected.ifPresent(weights::take);
    return weights;
  }

  private Weights load() {
    KnownModel teacher = subject.teacher();
    return Weights.load(teacher.directory(), teacher.architecture());
  }

  /** Returns what became of the teacher, in words; empty if it is as it came. */
  Optional<String> words() {
    return spec.correctsTeacher()
        ? kept().map(file -> file.metadata().getOrDefault(WORDS, ""))
        : Optional.empty();
  }

  private Optional<SafetensorsFile> kept() {
    Path file = folder.resolve(FILE);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      SafetensorsFile found = SafetensorsFile.open(file);
      return Optional.of(found)
          .filter(any -> fingerprint().equals(any.metadata().get(FINGERPRINT)));
    } catch (InvalidInputException e) {
      return Optional.empty(); // done again
    }
  }

  private String fingerprint() {
    return new Fingerprint()
        .add(subject.teacher().directory().rootDigest())
        .add(settings().toString())
        .add(subject.learned())
        .hex();
  }

  private TrainingSettings settings() {
    return spec.correction(subject.recommended(), seed);
  }

  private SafetensorsFile corrected(Progress.Listener progress) {
    Path states = folder.resolve(STATES);
    try (Weights weights = load()) {
      LearningCurve curve = train(weights, states, progress);
      SafetensorsWriter.write(
          folder.resolve(FILE),
          weights.toSinglePrecision(weights.fractions()),
          Map.of(FINGERPRINT, fingerprint(), WORDS, words(curve)));
    }
    Trainer.forget(states);
    return kept()
        .orElseThrow(
            () ->
                new WorkerException(
                    "%s cannot be read as it was written just now; check the disk"
                        .formatted(folder.resolve(FILE)),
                    true,
                    null));
  }

  private LearningCurve train(Weights weights, Path states, Progress.Listener progress) {
    long every = Math.max(1, Math.round(settings().budget().amount() / JUDGEMENTS));
    try (var ending = new ProcessEnding();
        Objective task = subject.teacherTask()) {
      return new Trainer(settings())
          .judgedBy(
              new Validation(subject.teacherHeldOut(weights), every, OptionalInt.empty()),
              new Checkpointing(states, betweenStates, ending))
          .train(weights, task, told -> progress.report(named(told)));
    }
  }

  private static Progress named(Progress told) {
    return told.phase().equals("training")
        ? new Progress(PHASE, told.done(), told.total(), told.values())
        : told;
  }

  private static String words(LearningCurve curve) {
    LearningCurve.Point start = curve.points().get(0);
    LearningCurve.Point best = curve.points().get(curve.best().orElse(0));
    return "after step %d of %d: loss %s on held-out samples, %s at the start"
        .formatted(
            best.step(),
            curve.steps(),
            Figures.of(best.measure(), ""),
            Figures.of(start.measure(), ""));
  }
}
