package io.espalier.worker.algorithm.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.evaluate.Judgement;
import io.espalier.worker.algorithm.evaluate.Measure;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** One training of one network. */
final class TrainingRun implements AutoCloseable {
  /** Times that a training goes back since its loss is no number. */
  private static final int SETBACKS = 2;

  private static final double NANOS = 1e9;

  private final TrainingSettings settings;
  private final Optional<Validation> validation;
  private final Optional<Checkpointing> checkpointing;
  private final Optional<TrainingCheckpoint> kept;
  private final Weights weights;
  private final List<Weights> trained; // and what goes along
  private final Objective objective;
  private final NDManager manager;
  private final Progress.Listener progress;
  private final Optimizer optimizer;
  private final Optional<WeightAverage> average;
  private final int stepsPerEpoch;
  private TrainingState state = TrainingState.START;
  private long keptAt = System.nanoTime();
  private int orderedEpoch = -1;
  private int[] order = {};

  TrainingRun(
      Trainer trainer,
      Weights weights,
      Objective objective,
      NDManager manager,
      Progress.Listener progress) {
    this.settings = trainer.settings();
    this.validation = trainer.validation();
    this.checkpointing = trainer.checkpointing();
    this.weights = weights;
    this.trained = Stream.concat(Stream.of(weights), objective.alongside().stream()).toList();
    this.objective = objective;
    this.manager = manager;
    this.progress = progress;
    this.optimizer = CompanionOptimizer.of(settings.optimizer(), weights, objective.alongside());
    this.average =
        settings.average().isPresent()
            ? Optional.of(new WeightAverage(weights, settings.average().getAsDouble()))
            : Optional.empty();
    this.stepsPerEpoch = objective.size() / settings.steps().batch();
    this.kept =
        checkpointing.map(
            rule -> TrainingCheckpoint.of(rule.folder(), weights, fingerprint(trainer, objective)));
  }

  private static String fingerprint(Trainer trainer, Objective objective) {
    return trainer.settings()
        + "\n"
        + objective.fingerprint()
        + "\n"
        + trainer
            .validation()
            .map(rule -> rule.every() + rule.heldOut().fingerprint() + rule.measure() + rule.kept())
            .orElse("");
  }

  /** Trains to the end of the budget, or until patience is over. */
  LearningCurve go() {
    Optional<TrainingState> found = restored();
    if (found.isPresent()) {
      state = found.get();
    } else {
      judge();
      keep();
    }
    trained.forEach(each -> each.requireGradients(true));
    try {
      while (settings.budget().used(state, stepsPerEpoch) < 1 && !isOutOfPatience()) {
        step();
      }
      endEpoch(state.steps() % stepsPerEpoch);
      judgeUnlessJudged();
    } finally {
      trained.forEach(each -> each.requireGradients(false));
    }
    average.ifPresent(running -> running.into(weights));
    long steps = best();
    countBatches(steps);
    return state.curve();
  }

  private Optional<TrainingState> restored() {
    return kept.flatMap(file -> file.restore(weights, optimizer, average, manager));
  }

  private void step() {
    long began = System.nanoTime();
    List<Objective.Piece> pieces = pieces(state.steps());
    long tokens = pieces.stream().mapToLong(Objective.Piece::tokens).sum();
    double rate =
        state.rateFactor()
            * settings
                .rate()
                .at(
                    settings.budget().used(state, stepsPerEpoch),
                    settings.budget().share(tokens, state, stepsPerEpoch));
    double loss = loss(pieces);
    if (!Double.isFinite(loss)) {
      goBack(loss);
      return;
    }
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      settings.largestNorm().ifPresent(largest -> GradientNorm.shorten(trained, largest));
      optimizer.step(rate, state.steps() + 1);
    }
    average.ifPresent(running -> running.add(weights, state.steps() + 1));
    state = state.after(loss, tokens, (System.nanoTime() - began) / NANOS);
    report(loss);
    if (state.steps() % stepsPerEpoch == 0) {
      endEpoch(stepsPerEpoch);
    }
    if (validation.isPresent() && state.steps() % validation.get().every() == 0) {
      judge();
    }
    keepIfTime();
  }

  /** Gradients of the mean loss of all pieces, and that loss. */
  private double loss(List<Objective.Piece> pieces) {
    double share = 1.0 / Math.max(1, pieces.stream().mapToLong(Objective.Piece::count).sum());
    double loss = 0;
    for (Objective.Piece piece : pieces) {
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        loss += piece.addGradients(weights, manager, share);
      }
    }
    return loss;
  }

  private List<Objective.Piece> pieces(long step) {
    int epoch = Math.toIntExact(step / stepsPerEpoch);
    if (epoch != orderedEpoch) {
      order = order(epoch);
      orderedEpoch = epoch;
    }
    int from = Math.toIntExact(step % stepsPerEpoch) * settings.steps().batch();
    int to = from + settings.steps().batch();
    var random = new SplittableRandom(settings.seed() * 31 + step);
    List<Objective.Piece> pieces = new ArrayList<>();
    for (int at = from; at < to; at += settings.steps().piece()) {
      int end = Math.min(at + settings.steps().piece(), to);
      pieces.add(objective.piece(Arrays.copyOfRange(order, at, end), random));
    }
    return pieces;
  }

  private int[] order(int epoch) {
    var random = new SplittableRandom(settings.seed() * 31 + epoch).split();
    int[] shuffled = new int[objective.size()];
    for (int i = 0; i < shuffled.length; i++) {
      int j = random.nextInt(i + 1);
      shuffled[i] = shuffled[j];
      shuffled[j] = i;
    }
    return shuffled;
  }

  private void endEpoch(long steps) {
    if (steps > 0) {
      state = state.epochOver(steps);
    }
  }

  private void report(double loss) {
    Map<String, Double> values = new HashMap<>();
    values.put("loss", loss);
    values.put("epoch", Math.ceil((double) state.steps() / stepsPerEpoch));
    state.best().ifPresent(best -> values.put("best", state.points().get(best).measure()));
    OptionalLong all = settings.budget().steps(stepsPerEpoch);
    progress.report(
        switch (settings.budget().unit()) {
          case EPOCHS, STEPS ->
              new Progress("training", state.steps(), all.getAsLong(), Map.copyOf(values));
          case TOKENS -> told(state.tokens(), values);
          case SECONDS -> told((long) state.seconds(), values);
        });
  }

  private Progress told(long done, Map<String, Double> values) {
    long all = (long) settings.budget().amount();
    return new Progress("training", Math.min(done, all), all, values);
  }

  // ---- what is judged and kept

  private void judgeUnlessJudged() {
    List<LearningCurve.Point> points = state.points();
    if (!points.isEmpty() && points.get(points.size() - 1).step() < state.steps()) {
      judge();
    }
  }

  private void judge() {
    if (validation.isEmpty()) {
      return;
    }
    Weights judged = average.map(WeightAverage::weights).orElse(weights);
    Judgement judgement = validation.get().heldOut().judge(judged);
    Measure deciding = validation.get().deciding(judgement);
    state = state.judged(deciding.value(), deciding.higherIsBetter());
    progress.report(
        new Progress("judging", state.steps(), state.steps(), told(judgement.measures())));
    if (bestSteps().contains(state.steps())) {
      kept.orElseThrow().saveJudged(state.steps(), judged);
    }
  }

  private Set<Long> bestSteps() {
    return state.bestSteps(validation.map(Validation::kept).orElse(1));
  }

  private static Map<String, Double> told(List<Measure> measures) {
    Map<String, Double> told = new HashMap<>();
    measures.stream()
        .filter(measure -> Double.isFinite(measure.value()))
        .forEach(measure -> told.put(measure.name(), measure.value()));
    return told;
  }

  private boolean isOutOfPatience() {
    if (validation.isEmpty() || validation.get().patience().isEmpty()) {
      return false;
    }
    int best = state.best().orElse(0);
    return state.points().size() - 1 - best >= validation.get().patience().getAsInt();
  }

  private void keepIfTime() {
    if (checkpointing.isEmpty()) {
      return;
    }
    boolean ending = checkpointing.get().ending().getAsBoolean();
    if (ending || System.nanoTime() - keptAt >= checkpointing.get().every().toNanos()) {
      keep();
    }
    if (ending) {
      throw new TrainingInterruptedException(state.steps());
    }
  }

  private void keep() {
    kept.ifPresent(
        file -> {
          if (isFinite()) { // or the state to go back to would be as broken as what follows from it
            file.save(weights, optimizer, average, state);
            file.retainJudged(bestSteps()); // not before: a state may be gone back to
          }
          keptAt = System.nanoTime();
        });
  }

  private boolean isFinite() {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      return trained.stream().allMatch(TrainingRun::isFinite);
    }
  }

  private static boolean isFinite(Weights weights) {
    return weights.trainable().stream()
        .allMatch(name -> Float.isFinite(Tensors.sum(weights.get(name)).getFloat()));
  }

  private void goBack(double loss) {
    trained.forEach(Weights::clearGradients);
    double factor = state.rateFactor();
    boolean again = factor > Math.pow(0.5, SETBACKS);
    Optional<TrainingState> last = again ? restored() : Optional.empty();
    if (last.isEmpty()) {
      throw new WorkerException(
          "the loss of step %d is %s%s; a learning rate below %s may help; mean losses of epochs before: %s"
              .formatted(
                  state.steps(),
                  loss,
                  again ? "" : ", at a quarter of the learning rate too",
                  factor * settings.rate().peak(),
                  state.losses().epochs()),
          false,
          null);
    }
    state = last.get().atRate(factor / 2);
    keep();
    progress.report(
        new Progress(
            "training goes on from step %d at %s of the learning rate, since a loss was %s"
                .formatted(state.steps(), state.rateFactor(), loss),
            0,
            0,
            Map.of()));
  }

  /** Takes the best weights that were judged, and returns how many steps they have seen. */
  private long best() {
    if (state.points().isEmpty() || state.isBest()) {
      return state.steps();
    }
    if (state.best().isEmpty()) {
      throw new WorkerException(
          "none of %d judgements on held-out samples is a number, the one of the start included; are weights and data sound?"
              .formatted(state.points().size()),
          false,
          null);
    }
    long step = state.points().get(state.best().getAsInt()).step();
    kept.orElseThrow().restoreJudged(step, weights);
    return step;
  }

  /** BatchNorm layers know how many batches they have seen, if their checkpoint says so. */
  private void countBatches(long steps) {
    int pieces = (settings.steps().batch() - 1) / settings.steps().piece() + 1;
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      for (TensorSpec tensor : weights.architecture().tensors()) {
        if (tensor.name().endsWith(".num_batches_tracked")) {
          NDArray counter = weights.get(tensor.name());
          Tensors.addScaledInPlace(counter, Tensors.scalar(counter, (double) pieces * steps), 1);
        }
      }
    }
  }

  @Override
  public void close() {
    average.ifPresent(WeightAverage::close);
  }
}
