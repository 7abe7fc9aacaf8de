package io.espalier.worker.algorithm.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.worker.algorithm.evaluate.Judgement;
import io.espalier.worker.algorithm.evaluate.Measure;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.VisionModel;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import io.espalier.worker.zoo.RandomModel;
import io.espalier.worker.zoo.Zoo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trainings whose held-out samples say what a test wants them to. */
class ValidationTest {
  private static final String TENSOR = "conv1.weight";

  @TempDir Path folder;

  private Weights weights;
  private final List<float[]> judged = new ArrayList<>();

  @BeforeEach
  void model() {
    Path directory = folder.resolve("model");
    Zoo.writeRandomModel(new RandomModel("cifar_resnet8", 3, 8, List.of(2, 2, 4), 1), directory);
    VisionModel model = VisionModel.of(ModelDirectory.open(directory));
    weights = Weights.load(model.directory(), model.architecture());
  }

  /** Says one value after the other. */
  private HeldOut saying(double... values) {
    return new HeldOut() {
      @Override
      public Judgement judge(Weights model) {
        double value = values[Math.min(judged.size(), values.length - 1)];
        judged.add(model.get(TENSOR).toFloatArray());
        return new Judgement(
            "accuracy",
            List.of(Measure.fraction("accuracy", 1 - value), Measure.loss(value)),
            Map.of(),
            1);
      }

      @Override
      public String fingerprint() {
        return "script";
      }
    };
  }

  /** The sum of all weights, times what is said of the number of its computation. */
  private static Objective sum(DoubleUnaryOperator factor) {
    var computed = new int[1];
    return new Objective() {
      @Override
      public int size() {
        return 8;
      }

      @Override
      public String fingerprint() {
        return "sum";
      }

      @Override
      public Piece piece(int[] indices, SplittableRandom random) {
        return new Piece() {
          @Override
          public long count() {
            return indices.length;
          }

          @Override
          public long tokens() {
            return 7L * indices.length;
          }

          @Override
          public Supplier<NDArray> sum(Weights model, NDManager manager) {
            double times = factor.applyAsDouble(++computed[0]);
            return () ->
                Tensors.scale(
                    model.trainable().stream()
                        .map(name -> Tensors.sum(model.get(name)))
                        .reduce(Tensors::add)
                        .orElseThrow(),
                    times);
          }
        };
      }
    };
  }

  private LearningCurve train(TrainingBudget budget, Validation rule, Objective objective) {
    var settings =
        new TrainingSettings(
            budget,
            TrainingSettings.Steps.of(4),
            new OptimizerSettings.Sgd(0, false, 0),
            new LearningRate(LearningRate.Schedule.CONSTANT, 0.1, 0),
            OptionalDouble.empty(),
            OptionalDouble.empty(),
            1);
    var kept = new Checkpointing(folder.resolve("kept"), Duration.ofHours(1), () -> false);
    return new Trainer(settings)
        .judgedBy(rule, kept)
        .train(weights, objective, Progress.Listener.NONE);
  }

  private static Validation rule(HeldOut heldOut, OptionalInt patience) {
    return new Validation(heldOut, 1, patience);
  }

  @Test
  void patience_ends_a_training_early_and_the_best_goes_out() {
    LearningCurve curve =
        train(
            TrainingBudget.ofSteps(100),
            rule(saying(1, 0.5, 0.6, 0.7, 0.1), OptionalInt.of(2)),
            sum(any -> 1));

    assertThat(curve.steps()).isEqualTo(3);
    assertThat(curve.points()).extracting(LearningCurve.Point::measure).endsWith(0.6, 0.7);
    assertThat(weights.get(TENSOR).toFloatArray()).isEqualTo(judged.get(1));
  }

  @Test
  void a_named_measure_decides() {
    HeldOut contrary =
        new HeldOut() {
          private final HeldOut losses = saying(1, 0.5, 0.8);

          @Override
          public Judgement judge(Weights model) {
            Measure loss = losses.judge(model).finest();
            return new Judgement(
                "accuracy", List.of(Measure.fraction("accuracy", loss.value()), loss), Map.of(), 1);
          }

          @Override
          public String fingerprint() {
            return "contrary";
          }
        };

    LearningCurve curve =
        train(
            TrainingBudget.ofSteps(2),
            new Validation(contrary, 1, OptionalInt.empty(), Optional.of("accuracy"), 1),
            sum(any -> 1));

    assertThat(curve.best()).hasValue(0);
    assertThat(weights.get(TENSOR).toFloatArray()).isEqualTo(judged.get(0));
  }

  @Test
  void what_was_judged_on_a_way_that_was_given_up_does_not_go_out() {
    // the third loss is no number, once; the state to go back to is that of the start
    LearningCurve curve =
        train(
            TrainingBudget.ofSteps(3),
            rule(saying(1, 0.1, 0.2, 0.9, 0.8, 0.95), OptionalInt.empty()),
            sum(computed -> computed == 3 ? Double.NaN : 1));

    assertThat(curve.points())
        .extracting(LearningCurve.Point::measure)
        .containsExactly(1.0, 0.9, 0.8, 0.95);
    assertThat(weights.get(TENSOR).toFloatArray()).isEqualTo(judged.get(4));
  }

  @Test
  void the_best_of_the_judged_weights_are_kept_until_they_are_forgotten() {
    LearningCurve curve =
        train(
            TrainingBudget.ofSteps(4),
            new Validation(
                saying(1, 0.4, 0.6, 0.5, 0.7), 1, OptionalInt.empty(), Optional.empty(), 2),
            sum(any -> 1));

    assertThat(curve.best(2)).extracting(LearningCurve.Point::step).containsExactly(1L, 3L);
    assertThat(Trainer.judged(folder.resolve("kept"), 1)).exists();
    assertThat(Trainer.judged(folder.resolve("kept"), 3)).exists();
    assertThat(weights.get(TENSOR).toFloatArray()).isEqualTo(judged.get(1));
    Trainer.forget(folder.resolve("kept"));
    assertThat(folder.resolve("kept")).isEmptyDirectory();
  }

  @Test
  void judgements_that_are_no_numbers_are_said_to_be_none() {
    assertThatThrownBy(
            () ->
                train(
                    TrainingBudget.ofSteps(2),
                    rule(saying(Double.NaN), OptionalInt.empty()),
                    sum(any -> 1)))
        .isInstanceOf(WorkerException.class)
        .hasMessageContaining("none of 3 judgements on held-out samples is a number");
  }

  @Test
  void budgets_of_tokens_and_of_time_end_behind_the_step_that_uses_them_up() {
    Validation rule = rule(saying(1), OptionalInt.empty());

    LearningCurve tokens =
        train(new TrainingBudget(TrainingBudget.Unit.TOKENS, 60), rule, sum(any -> 1));
    Trainer.forget(folder.resolve("kept"));
    LearningCurve time =
        train(new TrainingBudget(TrainingBudget.Unit.SECONDS, 1e-9), rule, sum(any -> 1));

    assertThat(tokens.steps()).isEqualTo(3); // of 28 tokens each
    assertThat(time.steps()).isEqualTo(1);
    assertThat(Files.exists(folder.resolve("kept"))).isTrue();
  }
}
