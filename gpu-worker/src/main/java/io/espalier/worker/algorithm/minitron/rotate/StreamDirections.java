package io.espalier.worker.algorithm.minitron.rotate;

import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.SafetensorsFile;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.WorkerException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * An orthonormal basis of a stream, the strongest direction first.
 *
 * @param strengths of each, the mean over tokens and normalisations of the square of what their
 *     inputs have of it, these scaled to a mean square of 1
 * @param rows the directions, one after another
 */
@SuppressWarnings("ArrayRecordComponent") // as large as a weight; nobody changes them
record StreamDirections(double[] strengths, double[] rows) {
  private static final String FINGERPRINT = "fingerprint";
  private static final String STRENGTHS = "strengths";
  private static final String ROWS = "directions";

  /** Finds the principal directions of a covariance, which is overwritten. */
  static StreamDirections of(double[][] covariance) {
    SymmetricEigen eigen = SymmetricEigen.of(covariance);
    int width = eigen.values().length;
    double[] rows = new double[width * width];
    for (int i = 0; i < width; i++) {
      System.arraycopy(eigen.vectors()[i], 0, rows, i * width, width);
    }
    return new StreamDirections(eigen.values(), rows);
  }

  /** Returns how many there are. */
  int width() {
    return strengths.length;
  }

  /**
   * Keeps them in a file.
   *
   * @param fingerprint of everything that they depend on
   */
  void write(Path file, String fingerprint) {
    long width = width();
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
    } catch (IOException e) {
      throw new WorkerException("cannot make a directory for %s: %s".formatted(file, e), true, e);
    }
    SafetensorsWriter.write(
        file,
        Map.of(STRENGTHS, data(strengths, width), ROWS, data(rows, width, width)),
        Map.of(FINGERPRINT, fingerprint));
  }

  private static TensorData data(double[] values, long... shape) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.toIntExact(DType.F64.bytes(shape))).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asDoubleBuffer().put(values);
    return new TensorData(DType.F64, shape, bytes);
  }

  /** Reads what was kept in a file, if it is there, sound and of the same fingerprint. */
  static Optional<StreamDirections> read(Path file, String fingerprint, int width) {
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      SafetensorsFile stored = SafetensorsFile.open(file);
      boolean same =
          fingerprint.equals(stored.metadata().get(FINGERPRINT))
              && stored.tensors().keySet().equals(Map.of(STRENGTHS, 0, ROWS, 0).keySet());
      return same
          ? Optional.of(
              new StreamDirections(
                  numbers(stored.read(STRENGTHS), width),
                  numbers(stored.read(ROWS), width * width)))
          : Optional.empty();
    } catch (InvalidInputException e) {
      return Optional.empty(); // computed anew
    }
  }

  private static double[] numbers(TensorData data, int count) {
    DoubleBuffer stored = data.bytes().asDoubleBuffer();
    double[] numbers = new double[count];
    stored.get(numbers);
    return numbers;
  }
}
