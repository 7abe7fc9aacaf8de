package io.espalier.worker.stage.distill;

import io.espalier.schemas.setting.Setting;
import io.espalier.schemas.setting.Settings;
import io.espalier.schemas.stage.DistillKeys;
import io.espalier.schemas.stage.EvaluateKeys;
import io.espalier.schemas.stage.PruneKeys;
import io.espalier.worker.algorithm.distill.DistillationSettings;
import io.espalier.worker.algorithm.distill.FeatureLoss;
import io.espalier.worker.algorithm.distill.KeptScores;
import io.espalier.worker.algorithm.distill.OutputLoss;
import io.espalier.worker.algorithm.distill.OutputSettings;
import io.espalier.worker.algorithm.distill.StoredTeacher;
import io.espalier.worker.algorithm.evaluate.Judgement;
import io.espalier.worker.algorithm.evaluate.Measure;
import io.espalier.worker.algorithm.minitron.measure.MemoryLimits;
import io.espalier.worker.algorithm.train.Augmentation;
import io.espalier.worker.algorithm.train.LearningRate;
import io.espalier.worker.algorithm.train.Mixup;
import io.espalier.worker.algorithm.train.OptimizerSettings;
import io.espalier.worker.algorithm.train.TrainingBudget;
import io.espalier.worker.algorithm.train.TrainingSettings;
import io.espalier.worker.data.text.TextSettings;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.stage.SpecReader;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * Settings of a distillation.
 *
 * @param said what a policy says
 */
record DistillSpec(Settings said) {
  /** File that what the teacher says is kept in. */
  static final String TEACHER_FILE = "teacher.bin";

  private static final String LAYERWISE = "layerwise";

  /** Keys that say how outputs are learned. */
  private static final List<Setting<?>> OF_OUTPUTS =
      List.of(
          DistillKeys.LOSS,
          DistillKeys.TEMPERATURE,
          DistillKeys.TASK_WEIGHT,
          DistillKeys.LABEL_CORRECTION,
          DistillKeys.HIDDEN,
          DistillKeys.ATTENTION,
          DistillKeys.TEACHER_TOP_K,
          DistillKeys.TEACHER_CORRECTION,
          DistillKeys.JUDGED_BY,
          DistillKeys.KEEP,
          DistillKeys.GRADIENT_CHECKPOINTING);

  private static final double SECONDS_PER_MINUTE = 60;
  private static final int JUDGEMENTS = 10;

  /** Part of a student's learning rate that a teacher which is corrected has. */
  private static final double CORRECTION_SHARE = 0.2;

  /** Budgets, of which one is said at most. */
  private static final List<Setting<?>> BUDGETS =
      List.of(DistillKeys.EPOCHS, DistillKeys.STEPS, DistillKeys.TOKENS, DistillKeys.MINUTES);

  /**
   * Returns what a stage's spec asks for.
   *
   * @throws io.espalier.worker.domain.InvalidInputException naming every key that is unknown, and
   *     every value that makes no sense
   */
  static DistillSpec parse(String spec) {
    SpecReader reader = SpecReader.of(DistillKeys.DISTILL, spec);
    Settings said = reader.settings();
    List<String> budgets = BUDGETS.stream().filter(said::says).map(Setting::name).toList();
    if (budgets.size() > 1) {
      reader.problem(
          "%s: wanted one bound of the training at most, found %d, %s; leave one"
              .formatted(budgets.get(1), budgets.size(), budgets));
    }
    new InnerSpec(said).check(reader::problem);
    Stream.of(DistillKeys.HIDDEN, DistillKeys.ATTENTION)
        .filter(key -> said.says(key) && said.get(DistillKeys.GRADIENT_CHECKPOINTING))
        .forEach(
            key ->
                reader.problem(
                    "gradientCheckpointing: what leaves layers is not kept for %s; leave out one of both"
                        .formatted(key.name())));
    List<String> unmixed =
        Stream.of(DistillKeys.TEACHER_TOP_K, DistillKeys.LABEL_CORRECTION)
            .filter(said::says)
            .map(Setting::name)
            .toList();
    if (said.says(DistillKeys.MIXUP) && !unmixed.isEmpty()) {
      reader.problem(
          "mixup: images that are mixed anew each time have no answer to keep and no single class;"
              + " leave out mixup or %s".formatted(unmixed));
    }
    if (said.get(DistillKeys.MODE).equals(LAYERWISE)) {
      OF_OUTPUTS.stream()
          .filter(said::says)
          .forEach(
              key ->
                  reader.problem(
                      "%s: is for mode: whole; a layer that learns by itself has no outputs to compare, so leave it out"
                          .formatted(key.name())));
    }
    int batch = said.find(DistillKeys.BATCH_SIZE).orElse(Integer.MAX_VALUE);
    said.find(DistillKeys.MICRO_BATCH_SIZE)
        .filter(piece -> piece > batch)
        .ifPresent(
            piece ->
                reader.problem(
                    "microBatchSize: wanted at most batchSize, %d, found %d"
                        .formatted(batch, piece)));
    reader.requireSound();
    return new DistillSpec(said);
  }

  /**
   * Returns how a student is trained.
   *
   * @param usual what holds where nothing is said
   * @param seed of everything random
   */
  TrainingSettings training(RecommendedSettings usual, long seed) {
    int batch = batch(usual);
    boolean sgd = said.find(DistillKeys.OPTIMIZER).orElse(usual.optimizer()).equals("sgd");
    double decay = said.find(DistillKeys.WEIGHT_DECAY).orElse(sgd ? 5e-4 : 0.01);
    double average = said.get(DistillKeys.EMA);
    return new TrainingSettings(
        budget(usual),
        new TrainingSettings.Steps(batch, said.find(DistillKeys.MICRO_BATCH_SIZE).orElse(batch)),
        sgd ? new OptimizerSettings.Sgd(0.9, true, decay) : new OptimizerSettings.AdamW(decay),
        new LearningRate(
            said.get(
                DistillKeys.SCHEDULE,
                LearningRate.Schedule.values(),
                schedule -> schedule.name().toLowerCase(Locale.ROOT)),
            said.find(DistillKeys.LEARNING_RATE).orElse(usual.learningRate(sgd, batch)),
            said.get(DistillKeys.WARMUP)),
        said.find(DistillKeys.MAX_GRADIENT_NORM)
            .map(OptionalDouble::of)
            .orElse(sgd ? OptionalDouble.empty() : OptionalDouble.of(1)),
        average > 0 ? OptionalDouble.of(average) : OptionalDouble.empty(),
        seed);
  }

  /** Returns whether layers learn one by one. */
  boolean layerwise() {
    return said.get(DistillKeys.MODE).equals(LAYERWISE);
  }

  /** Memory for the streams of layers that learn one by one. */
  MemoryLimits room() {
    return MemoryLimits.of((long) said.get(PruneKeys.ACTIVATION_MEBIBYTES) << 20);
  }

  /** Sequences that are computed at once. */
  int piece(RecommendedSettings usual) {
    return said.find(DistillKeys.MICRO_BATCH_SIZE).orElse(batch(usual));
  }

  /**
   * Returns how each of so many layers is trained, of which a sample is a piece of sequences.
   *
   * @param usual what holds where nothing is said
   * @param seed of everything random
   */
  TrainingSettings layerTraining(RecommendedSettings usual, int layers, long seed) {
    TrainingSettings whole = training(usual, seed);
    int pieces = Math.max(1, batch(usual) / piece(usual));
    TrainingSettings ofOne = whole.with(new TrainingSettings.Steps(pieces, 1));
    TrainingBudget budget = whole.budget();
    return budget.unit() == TrainingBudget.Unit.SECONDS
        ? ofOne.with(new TrainingBudget(budget.unit(), budget.amount() / layers))
        : ofOne;
  }

  boolean correctsTeacher() {
    return said.says(DistillKeys.TEACHER_CORRECTION);
  }

  /** Returns how the teacher is fine-tuned before it teaches. */
  TrainingSettings correction(RecommendedSettings usual, long seed) {
    Settings correction = said.get(DistillKeys.TEACHER_CORRECTION);
    TrainingSettings own = training(usual, seed);
    double peak =
        correction.find(DistillKeys.CORRECTION_RATE).orElse(CORRECTION_SHARE * own.rate().peak());
    return new TrainingSettings(
        TrainingBudget.ofSteps(correction.get(DistillKeys.CORRECTION_STEPS)),
        own.steps(),
        own.optimizer(),
        new LearningRate(own.rate().schedule(), peak, own.rate().warmup()),
        own.largestNorm(),
        OptionalDouble.empty(),
        seed);
  }

  /** Returns what tells a teacher from others, corrected ones included. */
  String taught(String digest, long seed) {
    return correctsTeacher()
        ? "%s corrected by %s, %d".formatted(digest, said.used(), seed)
        : digest;
  }

  private TrainingBudget budget(RecommendedSettings usual) {
    if (said.says(DistillKeys.STEPS)) {
      return TrainingBudget.ofSteps(said.get(DistillKeys.STEPS));
    }
    if (said.says(DistillKeys.TOKENS)) {
      return new TrainingBudget(TrainingBudget.Unit.TOKENS, said.get(DistillKeys.TOKENS));
    }
    if (said.says(DistillKeys.MINUTES)) {
      return new TrainingBudget(
          TrainingBudget.Unit.SECONDS, SECONDS_PER_MINUTE * said.get(DistillKeys.MINUTES));
    }
    return TrainingBudget.ofEpochs(said.find(DistillKeys.EPOCHS).orElse(usual.epochs()));
  }

  /** Samples per step. */
  int batch(RecommendedSettings usual) {
    return said.find(DistillKeys.BATCH_SIZE).orElse(usual.batch());
  }

  /**
   * Steps between two judgements.
   *
   * @param samples that are learned from
   */
  long evaluateEvery(RecommendedSettings usual, int samples) {
    if (said.says(DistillKeys.EVALUATE_EVERY)) {
      return said.get(DistillKeys.EVALUATE_EVERY);
    }
    int perEpoch = Math.max(1, samples / batch(usual));
    TrainingBudget budget = budget(usual);
    double steps =
        switch (budget.unit()) {
          case EPOCHS -> budget.amount() * perEpoch;
          case STEPS -> budget.amount();
          case TOKENS, SECONDS -> (double) JUDGEMENTS * perEpoch; // once an epoch
        };
    return Math.max(1, Math.round(steps / JUDGEMENTS));
  }

  OptionalInt patience() {
    return said.number(DistillKeys.PATIENCE);
  }

  /** Name of the metric that decides; empty for the finest. */
  Optional<String> judgedBy() {
    return said.find(DistillKeys.JUDGED_BY);
  }

  /** The measure of a judgement that decides. */
  Measure deciding(Judgement judgement) {
    return judgement.measures().stream()
        .filter(measure -> judgedBy().filter(measure.name()::equals).isPresent())
        .findFirst()
        .orElseGet(judgement::finest);
  }

  /** Number of the best judged models that are kept. */
  int keep() {
    return said.get(DistillKeys.KEEP);
  }

  /** Returns what is learned. */
  DistillationSettings learning(RecommendedSettings usual) {
    double correction = said.get(DistillKeys.LABEL_CORRECTION);
    DistillationSettings outputs =
        DistillationSettings.of(
                new OutputSettings(
                    loss(),
                    said.find(DistillKeys.TEMPERATURE).orElse(usual.temperature()),
                    correction > 0 ? OptionalDouble.of(correction) : OptionalDouble.empty(),
                    FeatureLoss.COSINE))
            .withTask(said.get(DistillKeys.TASK_WEIGHT));
    return said.get(DistillKeys.GRADIENT_CHECKPOINTING) ? outputs.recomputing() : outputs;
  }

  /** Returns what is said of losses besides that of outputs. */
  InnerSpec inner() {
    return new InnerSpec(said);
  }

  /** Number of scores of the teacher that are kept of each answer; empty if it is always asked. */
  OptionalInt teacherTopK() {
    return said.number(DistillKeys.TEACHER_TOP_K);
  }

  /** Place and form in which what the teacher says is kept. */
  StoredTeacher.Storage storage(Path folder, RecommendedSettings usual) {
    return new StoredTeacher.Storage(
        folder.resolve(TEACHER_FILE),
        new KeptScores(teacherTopK().orElseThrow(), true),
        batch(usual));
  }

  private OutputLoss loss() {
    return switch (said.get(DistillKeys.LOSS)) {
      case "reverse-kl" -> OutputLoss.REVERSE_KL;
      case "soft-cross-entropy" -> OutputLoss.SOFT_CROSS_ENTROPY;
      default -> OutputLoss.FORWARD_KL;
    };
  }

  /** Names of the keys that are said and need labels. */
  List<String> keysOfLabels() {
    Stream<Setting<?>> shares =
        Stream.of(DistillKeys.TASK_WEIGHT, DistillKeys.LABEL_CORRECTION)
            .filter(key -> said.get(key) > 0)
            .map(key -> key);
    return Stream.concat(
            shares, Stream.of(DistillKeys.TEACHER_CORRECTION).filter(key -> correctsTeacher()))
        .map(Setting::name)
        .toList();
  }

  /**
   * Makes sure that nothing is said that only models which read text have.
   *
   * @throws InvalidInputException naming the keys
   */
  void requireNoTexts() {
    List<String> texts =
        Stream.of(
                EvaluateKeys.MAX_LENGTH,
                EvaluateKeys.STRIDE,
                DistillKeys.TOKENS,
                DistillKeys.HIDDEN,
                DistillKeys.ATTENTION,
                DistillKeys.GRADIENT_CHECKPOINTING)
            .filter(said::says)
            .map(
                key ->
                    "distill.%s: is for models that read text, but this one reads images; leave it out"
                        .formatted(key.name()))
            .toList();
    if (!texts.isEmpty()) {
      throw new InvalidInputException(texts);
    }
  }

  /**
   * Makes sure that nothing is said that only models which read images have.
   *
   * @throws InvalidInputException naming the keys
   */
  void requireNoImages() {
    List<String> images =
        Stream.of(DistillKeys.FEATURES, DistillKeys.MIXUP)
            .filter(said::says)
            .map(
                key ->
                    "distill.%s: is for models that read images, but this one reads text; leave it out"
                        .formatted(key.name()))
            .toList();
    if (!images.isEmpty()) {
      throw new InvalidInputException(images);
    }
  }

  Augmentation augmentation() {
    return said.get(DistillKeys.AUGMENTATION).equals("none")
        ? Augmentation.NONE
        : Augmentation.CIFAR;
  }

  Mixup mixup() {
    return said.find(DistillKeys.MIXUP).map(Mixup::new).orElse(Mixup.NONE);
  }

  /** Number of samples that are held out of so many, one at least. */
  int heldOut(int samples) {
    return Math.max(1, (int) Math.round(said.get(DistillKeys.VALIDATION) * samples));
  }

  TextSettings texts(long seed) {
    return new TextSettings(
        said.number(EvaluateKeys.MAX_LENGTH), said.number(EvaluateKeys.STRIDE), seed);
  }
}
