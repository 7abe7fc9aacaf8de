package io.espalier.worker.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.Gradients;
import io.espalier.worker.tensor.Losses;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Random;
import java.util.function.LongSupplier;

/**
 * Cost of our tensor layer, on ResNet-20 and 32 × 32 images: a training step against the same
 * operations called directly, evaluation against large matrix products, and memory over many steps.
 *
 * <p>Compared things are measured in turn, so that other load on the machine hits both; on a busy
 * machine {@code -Dai.djl.pytorch.num_threads=1} measures processor time instead of wall time. Give
 * it {@code -Xmx64m}, or the Java heap's garbage before its first collection looks like a leak.
 * Arguments: rounds of comparison (default 15), steps of the memory test (default 1000).
 */
public final class TrainingStepBenchmark {
  private static final Golden MODEL = Golden.of("cifar-resnet20");
  private static final double FLOPS_PER_IMAGE = 2 * 40_551_040.0;
  private static final int TRAINING_BATCH = 64;
  private static final int SMALL_BATCH = 4;
  private static final int MATRIX = 1536;

  private final NDManager manager;
  private final VisionFamily family = MODEL.family();
  private final int rounds;

  private TrainingStepBenchmark(NDManager manager, int rounds) {
    this.manager = manager;
    this.rounds = rounds;
  }

  /** Runs all three and prints what they measure. */
  public static void main(String[] arguments) throws IOException {
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 15;
    int steps = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 1000;
    try (NDManager manager = PyTorch.newManager()) {
      var benchmark = new TrainingStepBenchmark(manager, rounds);
      print("machine: %s; %s; load %s", cpu(), PyTorch.device(), load());
      benchmark.trainingStep();
      benchmark.evaluation();
      benchmark.memory(steps);
      print("load at the end: %s", load());
    }
  }

  private void trainingStep() {
    NDArray images = images(TRAINING_BATCH);
    NDArray labels = labels(TRAINING_BATCH);
    try (Weights ours = MODEL.weights(manager);
        Weights theirs = ours.keep(Kept.all())) {
      ours.requireGradients(true);
      var arrays = new LinkedHashMap<String, NDArray>();
      theirs.names().forEach(name -> arrays.put(name, theirs.get(name)));
      var direct = new DirectResnet20(arrays, theirs.trainable());
      float ourLoss = step(ours, images, labels);
      float theirLoss = direct.step(images, labels);
      print("loss of the first step: through our layer %.6f, direct %.6f", ourLoss, theirLoss);
      double[][] millis =
          inTurn(
              () -> timed(() -> step(ours, images, labels)),
              () -> timed(() -> direct.step(images, labels)));
      print(
          "training step, batch %d: ours best %.1f median %.1f ms; direct best %.1f median %.1f ms;"
              + " ratio best %.3f median %.3f median of pairs %.3f",
          TRAINING_BATCH,
          millis[0][0],
          median(millis[0]),
          millis[1][0],
          median(millis[1]),
          millis[0][0] / millis[1][0],
          median(millis[0]) / median(millis[1]),
          millis[2][0]);
    }
  }

  private void evaluation() {
    try (Weights weights = MODEL.weights(manager)) {
      NDArray matrix = Tensors.of(manager, noise(MATRIX * MATRIX), MATRIX, MATRIX);
      for (int batch : new int[] {8, 16, 32, 64, 128, 256}) {
        NDArray images = images(batch);
        double[][] millis =
            inTurn(
                () -> timed(() -> inScope(() -> family.forward(weights, images, Mode.EVALUATE))),
                () -> timed(() -> inScope(() -> Tensors.matMul(matrix, matrix))));
        double rate = FLOPS_PER_IMAGE * batch / millis[0][0] / 1e6;
        double peak = 2.0 * MATRIX * MATRIX * MATRIX / millis[1][0] / 1e6;
        double medianRate = FLOPS_PER_IMAGE * batch / median(millis[0]) / 1e6;
        double medianPeak = 2.0 * MATRIX * MATRIX * MATRIX / median(millis[1]) / 1e6;
        print(
            "evaluation, batch %d: best %.1f GFLOP/s, %.0f%% of matmul's %.1f; median %.1f, %.0f%%"
                + " of %.1f",
            batch,
            rate,
            100 * rate / peak,
            peak,
            medianRate,
            100 * medianRate / medianPeak,
            medianPeak);
        images.close();
      }
    }
  }

  private void memory(int steps) throws IOException {
    NDArray images = images(SMALL_BATCH);
    NDArray labels = labels(SMALL_BATCH);
    try (Weights weights = MODEL.weights(manager)) {
      weights.requireGradients(true);
      for (int i = 1; i <= steps; i++) {
        step(weights, images, labels);
        if (i % (Math.max(10, steps) / 10) == 0) {
          print("memory after %d steps of batch %d: %d MiB resident", i, SMALL_BATCH, resident());
        }
      }
    }
  }

  private float step(Weights weights, NDArray images, NDArray labels) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray loss =
          Gradients.of(
              () -> Losses.crossEntropy(family.forward(weights, images, Mode.TRAIN), labels));
      for (String name : weights.trainable()) {
        Tensors.addScaledInPlace(weights.get(name), weights.gradient(name), -1e-4);
      }
      weights.clearGradients();
      return loss.getFloat();
    }
  }

  /** Times of both, sorted, and in third place the median of their ratios, round by round. */
  private double[][] inTurn(LongSupplier first, LongSupplier second) {
    double[][] millis = new double[2][rounds];
    double[] ratios = new double[rounds];
    for (int round = -1; round < rounds; round++) { // the one before the first only warms up
      int i = Math.max(round, 0);
      boolean firstFirst = i % 2 == 0;
      long a = (firstFirst ? first : second).getAsLong();
      long b = (firstFirst ? second : first).getAsLong();
      millis[0][i] = (firstFirst ? a : b) / 1e6;
      millis[1][i] = (firstFirst ? b : a) / 1e6;
      ratios[i] = millis[0][i] / millis[1][i];
    }
    Arrays.sort(millis[0]);
    Arrays.sort(millis[1]);
    Arrays.sort(ratios);
    return new double[][] {millis[0], millis[1], {median(ratios)}};
  }

  private static void inScope(Runnable work) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      work.run();
    }
  }

  /** With one thread its own processor time, which other load hardly disturbs; else wall time. */
  private static long timed(Runnable work) {
    long start = now();
    work.run();
    return now() - start;
  }

  private static long now() {
    return PyTorch.threads() == 1
        ? ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime()
        : System.nanoTime();
  }

  private static double median(double[] sorted) {
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  private NDArray images(int batch) {
    return Tensors.of(manager, noise(batch * 3 * 32 * 32), batch, 3, 32, 32);
  }

  private NDArray labels(int batch) {
    return Tensors.of(manager, new Random(2).longs(batch, 0, 10).toArray(), batch);
  }

  private static float[] noise(int size) {
    var random = new Random(1);
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static String cpu() throws IOException {
    return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
        .filter(line -> line.startsWith("model name"))
        .findFirst()
        .map(line -> line.substring(line.indexOf(':') + 2))
        .orElse("unknown CPU");
  }

  private static String load() {
    double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    return String.format(
        Locale.ROOT, "%.1f on %d cores", load, Runtime.getRuntime().availableProcessors());
  }

  private static long resident() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
        .findFirst()
        .orElse(0);
  }

  @SuppressWarnings("AnnotateFormatMethod") // one call site style for a report
  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
