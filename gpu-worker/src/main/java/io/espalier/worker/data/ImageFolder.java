package io.espalier.worker.data;

import io.espalier.worker.domain.InvalidInputException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.imageio.ImageIO;

/**
 * Images in one sub-directory per class, or without classes in the directory itself; classes and
 * images in the order of their names.
 *
 * <p>An image is decoded whenever it is asked for and resized to what the model takes, whatever its
 * proportions.
 */
final class ImageFolder implements ImageDataset {
  private static final int NO_LABEL = -1;

  private record Image(Path file, int label) {}

  private final List<Image> images;
  private final int classes;
  private final InputSpec spec;
  private final float[][] normalized;

  private ImageFolder(List<Image> images, int classes, InputSpec spec) {
    this.images = List.copyOf(images);
    this.classes = classes;
    this.spec = spec;
    this.normalized = spec.normalization().table();
  }

  /** The directory that holds the classes of a split. */
  static Path root(URI uri, Path directory, Optional<String> split) {
    boolean hasSplits =
        Files.isDirectory(directory.resolve("train"))
            && Files.isDirectory(directory.resolve("test"));
    if (split.isEmpty() && hasSplits) {
      throw new InvalidInputException(
          "data set %s: holds training and test images; add ?split=train or ?split=test"
              .formatted(uri));
    }
    Path root = split.map(directory::resolve).orElse(directory);
    if (!Files.isDirectory(root)) {
      throw new InvalidInputException("data set %s: there is no directory %s".formatted(uri, root));
    }
    return root;
  }

  static ImageFolder open(URI uri, Path directory, InputSpec spec) {
    var problems = new ArrayList<String>();
    List<Path> classes = ImageDatasets.list(directory).stream().filter(Files::isDirectory).toList();
    var images = new ArrayList<Image>();
    if (classes.isEmpty()) {
      loose(directory, images, problems);
    }
    checkSpec(directory, classes.size(), images.size(), spec, problems);
    for (int label = 0; label < classes.size(); label++) {
      List<Path> files = ImageDatasets.list(classes.get(label));
      if (files.isEmpty()) {
        problems.add("class directory %s is empty".formatted(classes.get(label)));
      }
      for (Path file : files) {
        checkSignature(file, problems);
        images.add(new Image(file, label));
      }
    }
    if (!problems.isEmpty()) {
      throw new InvalidInputException(
          problems.stream().map(problem -> "data set %s: %s".formatted(uri, problem)).toList());
    }
    return new ImageFolder(images, classes.size(), spec);
  }

  /** Images without classes; other files do not count, so that any directory may be looked at. */
  private static void loose(Path directory, List<Image> images, List<String> problems) {
    for (Path file : ImageDatasets.list(directory)) {
      if (isNamedAsImage(file)) {
        checkSignature(file, problems);
        images.add(new Image(file, NO_LABEL));
      }
    }
  }

  private static void checkSpec(
      Path directory, int classes, int loose, InputSpec spec, List<String> problems) {
    if (classes == 0 && loose == 0) {
      problems.add(
          "%s holds neither CIFAR files (data_batch_*.bin, test_batch.bin, train.bin, test.bin) nor"
                  .formatted(directory)
              + " a sub-directory of images per class");
    } else if (classes > 0 && spec.classes().isPresent() && spec.classes().getAsInt() != classes) {
      problems.add(
          "the model tells %d classes apart, but %s has %d sub-directories"
              .formatted(spec.classes().getAsInt(), directory, classes));
    }
    if (spec.channels() != 3) {
      problems.add(
          "the model takes %d channels, but images are read with 3".formatted(spec.channels()));
    }
  }

  private static void checkSignature(Path file, List<String> problems) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    byte[] wanted =
        name.endsWith(".png")
            ? new byte[] {(byte) 0x89, 'P', 'N', 'G'}
            : new byte[] {(byte) 0xff, (byte) 0xd8, (byte) 0xff};
    if (!isNamedAsImage(file)) {
      problems.add("%s is no .png, .jpg or .jpeg file; move it elsewhere".formatted(file));
    } else if (!startsWith(file, wanted)) {
      problems.add("%s is empty or not what its name says".formatted(file));
    }
  }

  private static boolean isNamedAsImage(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return name.matches(".*\\.(png|jpg|jpeg)") && Files.isRegularFile(file);
  }

  private static boolean startsWith(Path file, byte[] signature) {
    try (var in = Files.newInputStream(file)) {
      return java.util.Arrays.equals(in.readNBytes(signature.length), signature);
    } catch (IOException e) {
      throw new InvalidInputException("%s cannot be read: %s".formatted(file, e));
    }
  }

  @Override
  public int size() {
    return images.size();
  }

  @Override
  public int classes() {
    return classes;
  }

  @Override
  public int channels() {
    return spec.channels();
  }

  @Override
  public int height() {
    return spec.height();
  }

  @Override
  public int width() {
    return spec.width();
  }

  @Override
  public Batch batch(int[] indices) {
    int plane = height() * width();
    var pixels = new float[indices.length * channels() * plane];
    var labels = new long[indices.length];
    for (int i = 0; i < indices.length; i++) {
      Image image = images.get(indices[i]);
      labels[i] = image.label();
      byte[][] planes = Resize.bilinear(decode(image.file()), height(), width());
      for (int channel = 0; channel < planes.length; channel++) {
        for (int p = 0; p < plane; p++) {
          pixels[(i * channels() + channel) * plane + p] =
              normalized[channel][planes[channel][p] & 0xff];
        }
      }
    }
    return new Batch(pixels, labels);
  }

  private static BufferedImage decode(Path file) {
    try {
      BufferedImage image = ImageIO.read(file.toFile());
      if (image == null) {
        throw new InvalidInputException(
            "image %s is in no format that can be read".formatted(file));
      }
      return image;
    } catch (IOException | RuntimeException e) {
      throw new InvalidInputException("image %s cannot be decoded: %s".formatted(file, e));
    }
  }

  @Override
  public String fingerprint() {
    var fingerprint = new Fingerprint().add("image-folder-" + classes);
    for (Image image : images) {
      try {
        fingerprint
            .add(image.label() + " " + image.file().getFileName())
            .add(ByteBuffer.wrap(Files.readAllBytes(image.file())));
      } catch (IOException e) {
        throw new InvalidInputException("image %s cannot be read: %s".formatted(image.file(), e));
      }
    }
    return fingerprint.hex();
  }
}
