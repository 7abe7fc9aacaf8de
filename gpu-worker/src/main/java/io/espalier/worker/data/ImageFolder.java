package io.espalier.worker.data;

import io.espalier.worker.data.image.ImageFile;
import io.espalier.worker.data.image.ImageSize;
import io.espalier.worker.data.image.RgbImage;
import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Images in one sub-directory per class ({@link FolderLabels} says which), or without classes in
 * the directory itself; directories and images in the order of their names.
 *
 * <p>An image is decoded whenever it is asked for, and prepared as the model's files say.
 */
final class ImageFolder implements ImageDataset {
  private static final int NO_LABEL = -1;

  private record Image(Path file, int label) {}

  private final List<Image> images;
  private final int classes;
  private final PixelInput input;
  private final ImageReading reading;

  private ImageFolder(List<Image> images, int classes, InputSpec spec, ImageReading reading) {
    this.images = List.copyOf(images);
    this.classes = classes;
    this.input = new PixelInput(spec);
    this.reading = reading;
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
    List<Path> folders = ImageDatasets.list(directory).stream().filter(Files::isDirectory).toList();
    var images = new ArrayList<Image>();
    FolderLabels labels = FolderLabels.NONE;
    if (folders.isEmpty()) {
      loose(directory, images);
    } else {
      List<String> names = folders.stream().map(folder -> folder.getFileName().toString()).toList();
      labels = FolderLabels.of(directory.toString(), names, spec, problems);
      labelled(folders, labels, images, problems);
    }
    checkFound(directory, folders, images, spec, problems);
    Set<ImageSize> sizes = sizes(images, spec, problems);
    if (!problems.isEmpty()) {
      throw new InvalidInputException(
          problems.stream().map(problem -> "data set %s: %s".formatted(uri, problem)).toList());
    }
    return new ImageFolder(images, labels.classes(), spec, reading(labels, sizes, spec));
  }

  private static ImageReading reading(FolderLabels labels, Set<ImageSize> sizes, InputSpec spec) {
    String said = new PixelInput(spec).said();
    var warnings = new ArrayList<>(labels.warnings());
    if (!spec.preparation().stated() && !Set.of(spec.imageSize()).containsAll(sizes)) {
      warnings.add(
          "images of other sizes than %s are prepared in a way that the model's files do not say: %s"
              .formatted(spec.imageSize(), said));
    }
    return new ImageReading(said, labels.said(), warnings);
  }

  private static void labelled(
      List<Path> folders, FolderLabels labels, List<Image> images, List<String> problems) {
    for (int i = 0; i < folders.size(); i++) {
      List<Path> files = ImageDatasets.list(folders.get(i));
      if (files.isEmpty()) {
        problems.add("class directory %s is empty".formatted(folders.get(i)));
      }
      for (Path file : files) {
        images.add(new Image(file, labels.labels().get(i)));
      }
    }
  }

  /** Images without classes; other files do not count, so that any directory may be looked at. */
  private static void loose(Path directory, List<Image> images) {
    for (Path file : ImageDatasets.list(directory)) {
      if (isNamedAsImage(file)) {
        images.add(new Image(file, NO_LABEL));
      }
    }
  }

  private static void checkFound(
      Path directory,
      List<Path> folders,
      List<Image> images,
      InputSpec spec,
      List<String> problems) {
    if (folders.isEmpty() && images.isEmpty()) {
      problems.add(
          "%s holds neither CIFAR files (data_batch_*.bin, test_batch.bin, train.bin, test.bin) nor"
                  .formatted(directory)
              + " a sub-directory of images per class");
    }
    if (spec.channels() != RgbImage.CHANNELS) {
      problems.add(
          "the model takes %d channels, but images are read with 3".formatted(spec.channels()));
    }
  }

  /**
   * The sizes of the images; finds out which cannot be used, as far as is known before decoding.
   */
  private static Set<ImageSize> sizes(List<Image> images, InputSpec spec, List<String> problems) {
    var sizes = new HashSet<ImageSize>();
    for (Image image : images) {
      if (!isNamedAsImage(image.file())) {
        problems.add(
            "%s is no .png, .jpg or .jpeg file; move it elsewhere".formatted(image.file()));
        continue;
      }
      try {
        ImageSize size = ImageFile.open(image.file()).size(spec.preparation().upright());
        checkPrepared(image.file(), size, spec, problems);
        sizes.add(size);
      } catch (InvalidInputException e) {
        problems.addAll(e.problems());
      }
    }
    return sizes;
  }

  private static void checkPrepared(
      Path file, ImageSize size, InputSpec spec, List<String> problems) {
    long most = spec.preparation().mostPixels(size);
    if (most > ImageFile.MOST_PIXELS) {
      problems.add(
          "%s has %s pixels, and would have %,d before it is cropped (%s), more than the %,d that are handled here; crop it"
              .formatted(file, size, most, spec.preparation().inWords(), ImageFile.MOST_PIXELS));
      return;
    }
    ImageSize prepared = spec.preparation().sizeOf(size);
    if (!prepared.equals(spec.imageSize())) {
      problems.add(
          "%s has %s pixels and gets %s (%s), but the model takes %s; crop it, or say so in preprocessor_config.json"
              .formatted(file, size, prepared, spec.preparation().inWords(), spec.imageSize()));
    }
  }

  private static boolean isNamedAsImage(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return name.matches(".*\\.(png|jpg|jpeg)") && Files.isRegularFile(file);
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
    return input.spec().channels();
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
    boolean upright = input.spec().preparation().upright();
    for (int i = 0; i < indices.length; i++) {
      Image image = images.get(indices[i]);
      labels[i] = image.label();
      input.put(input.prepare(ImageFile.open(image.file()).decode(upright)), pixels, i);
    }
    return new Batch(pixels, labels);
  }

  @Override
  public ImageReading reading() {
    return reading;
  }

  @Override
  public String fingerprint() {
    var fingerprint = new Fingerprint().add("image-folder-" + classes).add(input.spec().settings());
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
