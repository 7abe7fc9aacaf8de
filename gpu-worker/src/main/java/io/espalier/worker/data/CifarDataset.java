package io.espalier.worker.data;

import io.espalier.worker.data.image.ImageSize;
import io.espalier.worker.data.image.RgbImage;
import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Memory-mapped CIFAR-10 or CIFAR-100 binary files.
 *
 * <p>A record is one label byte (CIFAR-10) or a coarse and a fine one (CIFAR-100), then the red,
 * the green and the blue plane of 32 × 32 values, row by row.
 *
 * <p>Source: Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009, and the
 * description of the binary version beside the data.
 */
final class CifarDataset implements ImageDataset {
  private static final int CHANNELS = 3;
  private static final int SIDE = 32;
  private static final int PLANE = SIDE * SIDE;

  private final List<ByteBuffer> files;
  private final int labelBytes;
  private final int size;
  private final PixelInput input;

  private CifarDataset(List<ByteBuffer> files, int labelBytes, InputSpec spec) {
    this.files = List.copyOf(files);
    this.labelBytes = labelBytes;
    this.size = files.stream().mapToInt(file -> file.capacity() / record(labelBytes)).sum();
    this.input = new PixelInput(spec);
  }

  static CifarDataset open(URI uri, List<Path> files, InputSpec spec) {
    int labelBytes = labelBytes(files.get(0), spec);
    var problems = new ArrayList<String>();
    checkSpec(labelBytes, spec, problems);
    files.forEach(file -> checkSize(file, labelBytes, problems));
    refuse(uri, problems);
    var mapped = new ArrayList<ByteBuffer>();
    for (Path file : files) {
      ByteBuffer bytes = map(file);
      checkLabels(file, bytes, labelBytes, problems);
      mapped.add(bytes);
    }
    refuse(uri, problems);
    return new CifarDataset(mapped, labelBytes, spec);
  }

  private static void refuse(URI uri, List<String> problems) {
    if (!problems.isEmpty()) {
      throw new InvalidInputException(
          problems.stream().map(problem -> "data set %s: %s".formatted(uri, problem)).toList());
    }
  }

  /** By name, else by the model's classes, else by which of the two the size is a multiple of. */
  private static int labelBytes(Path file, InputSpec spec) {
    return CifarFiles.labelBytes(file)
        .orElseGet(
            () -> {
              if (spec.classes().isPresent()) {
                return spec.classes().getAsInt() == classes(2) ? 2 : 1;
              }
              return bytes(file) % record(1) != 0 && bytes(file) % record(2) == 0 ? 2 : 1;
            });
  }

  private static void checkSpec(int labelBytes, InputSpec spec, List<String> problems) {
    ImageSize size = new ImageSize(SIDE, SIDE);
    ImageSize prepared = spec.preparation().stated() ? spec.preparation().sizeOf(size) : size;
    if (spec.channels() != CHANNELS || !prepared.equals(spec.imageSize())) {
      problems.add(
          "the model takes images of %d x %d x %d (channels, height, width), but CIFAR's are 3 x 32"
                  .formatted(spec.channels(), spec.height(), spec.width())
              + " x 32; use an image folder, which is resized, or another model");
    }
    if (spec.classes().isPresent() && spec.classes().getAsInt() != classes(labelBytes)) {
      problems.add(
          "the model tells %d classes apart, but the data has %d"
              .formatted(spec.classes().getAsInt(), classes(labelBytes)));
    }
  }

  private static void checkSize(Path file, int labelBytes, List<String> problems) {
    long bytes = bytes(file);
    int record = record(labelBytes);
    if (bytes == 0) {
      problems.add("%s is empty".formatted(file));
    } else if (bytes > Integer.MAX_VALUE) {
      problems.add(
          "%s has %d bytes; split it into files of less than 2 GiB".formatted(file, bytes));
    } else if (bytes % record != 0) {
      problems.add(
          "%s has %d bytes, which is %d records of %d and %d bytes more; is it truncated, or not"
                  .formatted(file, bytes, bytes / record, record, bytes % record)
              + " in CIFAR-%d's binary format?".formatted(classes(labelBytes)));
    }
  }

  private static void checkLabels(
      Path file, ByteBuffer bytes, int labelBytes, List<String> problems) {
    int record = record(labelBytes);
    int wrong = 0;
    int first = 0;
    for (int i = bytes.capacity() / record - 1; i >= 0; i--) {
      if (label(bytes, i * record, labelBytes) >= classes(labelBytes)) {
        wrong++;
        first = i;
      }
    }
    if (wrong > 0) {
      problems.add(
          "%s: %d of %d labels are not from 0 to %d; the first is %d, of image %d"
              .formatted(
                  file,
                  wrong,
                  bytes.capacity() / record,
                  classes(labelBytes) - 1,
                  label(bytes, first * record, labelBytes),
                  first));
    }
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public int classes() {
    return classes(labelBytes);
  }

  @Override
  public int channels() {
    return CHANNELS;
  }

  @Override
  public int height() {
    return input.spec().height();
  }

  @Override
  public int width() {
    return input.spec().width();
  }

  @Override
  public Batch batch(int[] indices) {
    var pixels = new float[indices.length * input.values()];
    var labels = new long[indices.length];
    var values = new byte[CHANNELS * PLANE];
    for (int i = 0; i < indices.length; i++) {
      labels[i] = read(Objects.checkIndex(indices[i], size), values);
      RgbImage image = RgbImage.ofPlanes(new ImageSize(SIDE, SIDE), values);
      // Such images have the usual size; they are changed only if the model's files say so.
      input.put(input.spec().preparation().stated() ? input.prepare(image) : image, pixels, i);
    }
    return new Batch(pixels, labels);
  }

  private int read(int index, byte[] values) {
    int record = record(labelBytes);
    int remaining = index;
    for (ByteBuffer file : files) {
      int images = file.capacity() / record;
      if (remaining < images) {
        file.get(remaining * record + labelBytes, values);
        return label(file, remaining * record, labelBytes);
      }
      remaining -= images;
    }
    throw new IndexOutOfBoundsException(index);
  }

  @Override
  public ImageReading reading() {
    ImageReading unchanged = ImageReading.UNCHANGED;
    return input.spec().preparation().stated()
        ? new ImageReading(input.said(), unchanged.labels(), List.of())
        : unchanged;
  }

  @Override
  public String fingerprint() {
    var fingerprint = new Fingerprint().add("cifar-" + classes());
    if (!input.spec().settings().equals(InputSpec.CIFAR.settings())) {
      fingerprint.add(input.spec().settings());
    }
    files.forEach(fingerprint::add);
    return fingerprint.hex();
  }

  private static int classes(int labelBytes) {
    return labelBytes == 1 ? 10 : 100;
  }

  private static int record(int labelBytes) {
    return labelBytes + CHANNELS * PLANE;
  }

  private static int label(ByteBuffer bytes, int record, int labelBytes) {
    return bytes.get(record + labelBytes - 1) & 0xff;
  }

  private static long bytes(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new InvalidInputException("the size of %s cannot be read: %s".formatted(file, e));
    }
  }

  private static ByteBuffer map(Path file) {
    try (FileChannel channel = FileChannel.open(file)) {
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
    } catch (IOException e) {
      throw new InvalidInputException("%s cannot be read: %s".formatted(file, e));
    }
  }
}
