package io.espalier.worker.stage.distill;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.Problems;
import io.espalier.worker.domain.job.StageJob;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;

/**
 * Places of the data of a distillation, by role: it learns from {@code train}, or else from {@code
 * calibration}; before and after are measured on {@code eval}, or else on the share of the former
 * that is held out.
 *
 * @param train where the data lie that are learned from
 * @param eval where those lie that before and after are measured on; empty if none are given
 * @param seed decides which share is held out
 */
record DataRoles(URI train, Optional<URI> eval, long seed) {
  /** Role of a model that is learned from in place of the one that the run began with. */
  static final String TEACHER = "teacher";

  private static final String EVAL = "eval";

  /**
   * The data of a job.
   *
   * @throws InvalidInputException if there are none to learn from
   */
  static DataRoles of(StageJob job) {
    URI train =
        Stream.of("train", "calibration")
            .filter(job.data()::containsKey)
            .map(job.data()::get)
            .findFirst()
            .orElseThrow(
                () ->
                    new InvalidInputException(
                        "data: distillation needs data to learn from, of role train or calibration, but the job has %s; give train in the policy's data or with the registered model"
                            .formatted(job.data().isEmpty() ? "none" : job.data().keySet())));
    return new DataRoles(train, Optional.ofNullable(job.data().get(EVAL)), job.seed());
  }

  /**
   * The directory of a model.
   *
   * @throws InvalidInputException if it lies on no file system of this machine
   */
  static Path directory(URI model) {
    if (!"file".equals(model.getScheme())) {
      throw new InvalidInputException(
          "data.teacher: wanted a model directory as a file: URI, found %s; put the teacher where the worker can read it"
              .formatted(model));
    }
    return Path.of(model);
  }

  /**
   * Opens and parts them.
   *
   * @param opening opens what lies at a place
   * @param size number of samples
   * @param heldOut number of samples or examples to hold out
   * @throws InvalidInputException with everything that is wrong with any of them
   */
  <D> TrainingData<D> open(
      Function<URI, D> opening,
      ToIntFunction<D> size,
      ToIntFunction<D> heldOut,
      TrainingData.Parting<D> parting) {
    Problems problems = Problems.ofSeveral();
    Optional<D> all = problems.attempt(() -> opening.apply(train));
    Optional<D> judged = eval.flatMap(uri -> problems.attempt(() -> opening.apply(uri)));
    all.filter(data -> size.applyAsInt(data) < 2)
        .ifPresent(
            data ->
                problems.add(
                    "data %s: wanted at least 2 samples, one to learn from and one to judge by,"
                        + " found %d",
                    train, size.applyAsInt(data)));
    problems.throwIfAny();
    D data = all.orElseThrow();
    int held = heldOut.applyAsInt(data);
    D parted = parting.drawn().of(data, held, seed);
    return new TrainingData<>(
        parting.rest().of(data, held, seed), parted, judged.orElse(parted), eval.orElse(train));
  }
}
