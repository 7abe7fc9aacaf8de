package io.espalier.worker.zoo;

import io.espalier.worker.domain.InvalidInputException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Writes drawn shapes as CIFAR-10's binary files, ten classes in turn.
 *
 * <p>An image depends on the seed, its split and its position alone: a larger set starts with the
 * images of a smaller one.
 */
final class ShapesWriter {
  /** Images in one data_batch file, as in CIFAR-10. */
  private static final int BATCH = 10_000;

  private static final long TRAIN = 0x7261696eL;
  private static final long TEST = 0x74657374L;

  private final long seed;

  private ShapesWriter(long seed) {
    this.seed = seed;
  }

  static void write(Path directory, int trainSize, int testSize, long seed) {
    if (trainSize < 1 || testSize < 1) {
      throw new InvalidInputException(
          "a data set needs training and test images, but %d and %d were asked for"
              .formatted(trainSize, testSize));
    }
    try {
      NewDirectory.make(directory, "a data set");
      var writer = new ShapesWriter(seed);
      for (int first = 0; first < trainSize; first += BATCH) {
        int count = Math.min(BATCH, trainSize - first);
        writer.file(
            directory.resolve("data_batch_" + (first / BATCH + 1) + ".bin"), TRAIN, first, count);
      }
      writer.file(directory.resolve("test_batch.bin"), TEST, 0, testSize);
      Files.writeString(directory.resolve("batches.meta.txt"), names());
    } catch (IOException e) {
      throw new UncheckedIOException("a data set cannot be written to " + directory, e);
    }
  }

  private void file(Path file, long split, int first, int count) throws IOException {
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
      Shape[] shapes = Shape.values();
      for (int i = first; i < first + count; i++) {
        int label = i % shapes.length;
        out.write(label);
        out.write(Drawing.of(shapes[label], Seeds.mix(Seeds.mix(seed ^ split) + i)));
      }
    }
  }

  private static String names() {
    return Arrays.stream(Shape.values())
        .map(shape -> shape.name().toLowerCase(Locale.ROOT) + "\n")
        .collect(Collectors.joining());
  }
}
