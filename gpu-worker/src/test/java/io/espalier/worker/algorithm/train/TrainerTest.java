package io.espalier.worker.algorithm.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.data.Batch;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.Families;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.tensor.Gradients;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import io.espalier.worker.zoo.RandomModel;
import io.espalier.worker.zoo.Zoo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerTest {
  @TempDir static Path directory;
  private static final ImageDataset IMAGES = new Tints();
  private static ModelDirectory model;

  @BeforeAll
  static void start() {
    Zoo.writeRandomModel(
        new RandomModel("cifar_resnet8", 3, 8, List.of(4, 8, 16), 1), directory.resolve("model"));
    model = ModelDirectory.open(directory.resolve("model"));
  }

  @Test
  void a_small_network_learns_to_tell_three_tints_apart() {
    var settings = settings(20, 0.05, Augmentation.NONE);

    List<Double> losses = trained(settings, Progress.Listener.NONE, (weights, means) -> means);

    assertThat(losses).hasSize(20);
    assertThat(losses.get(0)).isGreaterThan(0.7); // ln 3 = 1.1 for a guess
    assertThat(losses.get(19)).isLessThan(0.1);
  }

  @Test
  void the_same_seed_gives_the_same_bits() {
    var settings = settings(2, 0.1, Augmentation.CIFAR);

    Map<String, ByteBuffer> first = trained(settings, Progress.Listener.NONE, this::bytes);
    Map<String, ByteBuffer> second = trained(settings, Progress.Listener.NONE, this::bytes);

    assertThat(second).isEqualTo(first);
  }

  @Test
  void another_seed_gives_other_weights() {
    var settings = settings(2, 0.1, Augmentation.CIFAR);
    var other = new Way(settings.settings().with(8), Augmentation.CIFAR, 0);

    Map<String, ByteBuffer> first = trained(settings, Progress.Listener.NONE, this::bytes);
    Map<String, ByteBuffer> second = trained(other, Progress.Listener.NONE, this::bytes);

    assertThat(second.get("conv1.weight")).isNotEqualTo(first.get("conv1.weight"));
  }

  @Test
  void a_training_that_was_cut_off_goes_on_to_the_same_bits_and_losses() {
    var settings = settings(4, 0.1, Augmentation.CIFAR);
    Map<String, ByteBuffer> whole = trained(settings, Progress.Listener.NONE, this::bytes);
    List<Double> losses = trained(settings, Progress.Listener.NONE, (weights, means) -> means);
    Path checkpoints = directory.resolve("cut off");
    cutOff(settings, checkpoints, 5); // 2 steps an epoch: in the middle of the third

    var heard = new ArrayList<Progress>();
    Map<String, ByteBuffer> resumed = resumed(settings, checkpoints, heard::add, this::bytes);
    List<Double> told =
        resumed(settings, checkpoints, Progress.Listener.NONE, (weights, means) -> means);

    assertThat(heard).extracting(Progress::done).containsExactly(5L, 6L, 7L, 8L);
    assertThat(resumed).isEqualTo(whole);
    assertThat(told).isEqualTo(losses);
  }

  @Test
  void a_checkpoint_of_another_training_is_refused() {
    var settings = settings(2, 0.1, Augmentation.CIFAR);
    var other = settings(2, 0.05, Augmentation.CIFAR);
    Path checkpoints = directory.resolve("foreign");
    cutOff(other, checkpoints, 3);

    Map<String, ByteBuffer> resumed =
        resumed(settings, checkpoints, Progress.Listener.NONE, this::bytes);

    assertThat(resumed).isEqualTo(trained(settings, Progress.Listener.NONE, this::bytes));
  }

  @Test
  void a_damaged_checkpoint_is_refused_and_replaced() throws IOException {
    var settings = settings(2, 0.1, Augmentation.CIFAR);
    Path checkpoints = Files.createDirectories(directory.resolve("damaged"));
    Files.writeString(checkpoints.resolve("training.safetensors"), "half a file");

    Map<String, ByteBuffer> resumed =
        resumed(settings, checkpoints, Progress.Listener.NONE, this::bytes);

    assertThat(resumed).isEqualTo(trained(settings, Progress.Listener.NONE, this::bytes));
    Trainer.forget(checkpoints);
    assertThat(checkpoints).isEmptyDirectory();
  }

  @Test
  void smoothed_labels_are_a_share_of_the_target_spread_over_all_classes() {
    double share = 0.3;
    var settings = new Way(of(1, 20, 0.1), Augmentation.NONE, share);

    // All images are one batch, so the first loss is that of the weights at hand.
    double loss = trained(settings, Progress.Listener.NONE, (weights, means) -> means).get(0);

    assertThat(loss).isCloseTo(smoothedByHand(share), within(1e-5));
    assertThat(Math.abs(loss - smoothedByHand(0))).isGreaterThan(1e-3);
  }

  /** The mean of {@code -Σ target · ln softmax}, the target 1 - share + share / 3 or share / 3. */
  private static double smoothedByHand(double share) {
    Batch batch = IMAGES.batch(IntStream.range(0, 20).toArray());
    float[] logits =
        loaded(
            (weights, manager) ->
                Families.vision(model.config())
                    .forward(weights, Tensors.of(manager, batch.pixels(), 20, 3, 8, 8), Mode.TRAIN)
                    .toFloatArray());
    double sum = 0;
    for (int image = 0; image < 20; image++) {
      double total = 0;
      for (int k = 0; k < 3; k++) {
        total += Math.exp(logits[image * 3 + k]);
      }
      for (int k = 0; k < 3; k++) {
        double target = share / 3 + (batch.labels()[image] == k ? 1 - share : 0);
        sum -= target * (logits[image * 3 + k] - Math.log(total));
      }
    }
    return sum / 20;
  }

  /** Trains until a step is reported, and dies there. */
  private static void cutOff(Way settings, Path checkpoints, int step) {
    assertThatThrownBy(
            () ->
                resumed(
                    settings,
                    checkpoints,
                    progress -> {
                      if (progress.done() == step) {
                        throw new IllegalStateException("cut off");
                      }
                    },
                    (weights, losses) -> losses))
        .hasMessage("cut off");
  }

  private static <R> R resumed(
      Way settings,
      Path checkpoints,
      Progress.Listener progress,
      BiFunction<Weights, List<Double>, R> then) {
    var trainer =
        new Trainer(settings.settings())
            .keeping(new Checkpointing(checkpoints, Duration.ZERO, () -> false));
    return loaded(
        (weights, manager) ->
            then.apply(weights, trainer.train(weights, settings.objective(), progress).losses()));
  }

  @Test
  void every_step_is_reported() {
    var reports = new ArrayList<Progress>();

    trained(settings(3, 0.1, Augmentation.CIFAR), reports::add, (weights, losses) -> losses);

    assertThat(reports).hasSize(6);
    assertThat(reports.get(5).done()).isEqualTo(6);
    assertThat(reports.get(5).total()).isEqualTo(6);
    assertThat(reports.get(5).values()).containsKey("loss").containsEntry("epoch", 3.0);
  }

  @Test
  void the_counters_of_batches_follow() {
    long[] counted =
        trained(
            settings(3, 0.1, Augmentation.CIFAR),
            Progress.Listener.NONE,
            (weights, losses) -> weights.get("layer1.0.bn2.num_batches_tracked").toLongArray());

    assertThat(counted).containsExactly(6);
  }

  @Test
  void a_loss_that_is_no_number_ends_the_training() {
    var settings = settings(20, 1e30, Augmentation.NONE);

    assertThatThrownBy(() -> trained(settings, Progress.Listener.NONE, (weights, losses) -> losses))
        .isInstanceOf(WorkerException.class)
        .hasMessageContaining("learning rate below 1.0E30");
  }

  @Test
  void where_a_state_is_kept_a_loss_that_is_no_number_halves_the_rate_twice() {
    var heard = new ArrayList<String>();

    assertThatThrownBy(
            () ->
                resumed(
                    settings(20, 1e30, Augmentation.NONE),
                    directory.resolve("diverging"),
                    progress -> heard.add(progress.phase()),
                    (weights, losses) -> losses))
        .isInstanceOf(WorkerException.class)
        .hasMessageContaining("at a quarter of the learning rate too")
        .hasMessageContaining("learning rate below 2.5E29");
    assertThat(heard.stream().filter(phase -> phase.contains("goes on from step")).toList())
        .hasSize(2)
        .satisfies(phases -> assertThat(phases.get(0)).contains("at 0.5 of the learning rate"))
        .satisfies(phases -> assertThat(phases.get(1)).contains("at 0.25 of the learning rate"));
  }

  @Test
  void fewer_images_than_a_batch_are_refused() {
    var settings = new Way(TrainingSettings.cifar(1, 21, 1), Augmentation.CIFAR, 0);

    assertThatThrownBy(() -> trained(settings, Progress.Listener.NONE, (weights, losses) -> losses))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("batches of 21")
        .hasMessageContaining("there are 20");
  }

  @Test
  void two_steps_follow_the_formula() {
    for (boolean nesterov : new boolean[] {false, true}) {
      var settings = new OptimizerSettings.Sgd(0.9, nesterov, 0.01);

      // The loss is 3 · (sum of all weights), so every gradient is 3.
      float[] after =
          loaded(
              (weights, manager) -> {
                Optimizer sgd = settings.of(weights);
                weights.requireGradients(true);
                for (int step = 0; step < 2; step++) {
                  Gradients.of(
                      () ->
                          Tensors.scale(
                              weights.trainable().stream()
                                  .map(name -> Tensors.sum(weights.get(name)))
                                  .reduce(Tensors::add)
                                  .orElseThrow(),
                              3));
                  sgd.step(0.5, step + 1);
                }
                return new float[] {
                  weights.get("fc.weight").toFloatArray()[0],
                  weights.get("bn1.weight").toFloatArray()[0]
                };
              });

      double before = loaded((weights, manager) -> weights.get("fc.weight").toFloatArray()[0]);
      assertThat((double) after[0]).isCloseTo(byHand(before, 0.01, nesterov), within(1e-5));
      assertThat((double) after[1]).isCloseTo(byHand(1, 0, nesterov), within(1e-5));
    }
  }

  private static double byHand(double start, double decay, boolean nesterov) {
    double w = start;
    double v = 0;
    for (int step = 0; step < 2; step++) {
      double g = 3 + decay * w;
      v = 0.9 * v + g;
      w -= 0.5 * (nesterov ? g + 0.9 * v : v);
    }
    return w;
  }

  @Test
  void every_bad_setting_is_named() {
    assertThatThrownBy(() -> new OptimizerSettings.Sgd(1, false, -1))
        .hasMessageContaining("momentum")
        .hasMessageContaining("weightDecay");
    assertThatThrownBy(
            () ->
                new TrainingSettings(
                    TrainingBudget.ofSteps(1),
                    TrainingSettings.Steps.of(2),
                    new OptimizerSettings.AdamW(0),
                    new LearningRate(LearningRate.Schedule.LINEAR, 1, 0),
                    OptionalDouble.of(0),
                    OptionalDouble.of(1),
                    0))
        .hasMessageContaining("largestNorm")
        .hasMessageContaining("average");
    assertThatThrownBy(() -> new TrainingSettings.Steps(4, 5)).hasMessageContaining("4 and 5");
    assertThatThrownBy(() -> TrainingBudget.ofSteps(0)).hasMessageContaining("more than 0");
    assertThatThrownBy(() -> new Way(of(1, 2, 0.1), Augmentation.NONE, 1).objective())
        .hasMessageContaining("labelSmoothing");
  }

  /** Settings of a training on the images of this test. */
  private record Way(TrainingSettings settings, Augmentation augmentation, double smoothing) {
    Objective objective() {
      return new ImageObjective(Families.vision(model.config()), IMAGES, augmentation, smoothing);
    }
  }

  private static Way settings(int epochs, double rate, Augmentation augmentation) {
    return new Way(of(epochs, 10, rate), augmentation, 0);
  }

  private static TrainingSettings of(int epochs, int batch, double rate) {
    TrainingSettings usual = TrainingSettings.cifar(epochs, batch, 7);
    return usual.with(new LearningRate(LearningRate.Schedule.COSINE, rate, usual.rate().warmup()));
  }

  private Map<String, ByteBuffer> bytes(Weights weights, List<Double> losses) {
    var bytes = new LinkedHashMap<String, ByteBuffer>();
    for (Map.Entry<String, TensorData> tensor : weights.toTensorData().entrySet()) {
      bytes.put(tensor.getKey(), tensor.getValue().bytes());
    }
    return bytes;
  }

  private static <R> R trained(
      Way settings, Progress.Listener progress, BiFunction<Weights, List<Double>, R> then) {
    var trainer = new Trainer(settings.settings());
    return loaded(
        (weights, manager) ->
            then.apply(weights, trainer.train(weights, settings.objective(), progress).losses()));
  }

  private static <R> R loaded(BiFunction<Weights, NDManager, R> work) {
    VisionFamily family = Families.vision(model.config());
    try (var manager = PyTorch.newManager();
        var weights =
            Weights.load(model, family.architecture(model.config(), model.shapes()), manager)) {
      return work.apply(weights, manager);
    }
  }

  /** Noise of 8 x 8 pixels in which one of three channels is a little stronger. */
  private static final class Tints implements ImageDataset {
    @Override
    public int size() {
      return 20;
    }

    @Override
    public int classes() {
      return 3;
    }

    @Override
    public int channels() {
      return 3;
    }

    @Override
    public int height() {
      return 8;
    }

    @Override
    public int width() {
      return 8;
    }

    @Override
    public Batch batch(int[] indices) {
      var batch = new Batch(new float[indices.length * 192], new long[indices.length]);
      for (int i = 0; i < indices.length; i++) {
        var random = new Random(indices[i]);
        batch.labels()[i] = indices[i] % 3;
        for (int p = 0; p < 192; p++) {
          double tint = p / 64 == indices[i] % 3 ? 1 : 0;
          batch.pixels()[i * 192 + p] = (float) (tint + random.nextGaussian());
        }
      }
      return batch;
    }

    @Override
    public String fingerprint() {
      return "tints";
    }
  }
}
