package io.espalier.worker.data;

import io.espalier.worker.domain.InvalidInputException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Opens images by URI.
 *
 * <p>A URI is a plain path or {@code file:}, with an optional {@code ?split=train} or {@code
 * ?split=test}. It names one of:
 *
 * <ul>
 *   <li>a CIFAR-10 or CIFAR-100 binary file (records of 1 or 2 label bytes and 3 × 32 × 32 values;
 *       CIFAR-100's fine label counts);
 *   <li>a directory of such files: {@code data_batch_*.bin} and {@code test_batch.bin}, or {@code
 *       train.bin} and {@code test.bin};
 *   <li>a directory with one sub-directory of PNG or JPEG images per class, or with such
 *       directories as {@code train} and {@code test}. Images are prepared, and directories become
 *       classes, as the model's files say;
 *   <li>where labels are not needed, also a directory of PNG or JPEG images.
 * </ul>
 *
 * <p>Hardly anything is decoded on opening: sizes, labels and the structure of files tell good data
 * from bad.
 */
public final class ImageDatasets {
  private ImageDatasets() {}

  /**
   * Opens images as CIFAR has them: 3 × 32 × 32, CIFAR's normalisation, any number of classes.
   *
   * @throws InvalidInputException naming every problem
   */
  public static ImageDataset open(URI uri) {
    return open(uri, InputSpec.CIFAR);
  }

  /**
   * Opens labelled images for a model.
   *
   * @throws InvalidInputException naming every problem, among them images of another size or of
   *     more or fewer classes than the model's
   */
  public static ImageDataset open(URI uri, InputSpec spec) {
    ImageDataset data = openAny(uri, spec);
    if (!data.labelled()) {
      throw new InvalidInputException(
          """
          data set %s: labelled images are needed here, but its %d images are in no sub-directories; put them into one per class
            without labels a model can be judged by its agreement with the original: a prune stage with score: agreement measures it"""
              .formatted(uri, data.size()));
    }
    return data;
  }

  /**
   * Opens images for a model, with or without labels.
   *
   * @throws InvalidInputException as {@link #open(URI, InputSpec)}, but for missing labels
   */
  public static ImageDataset openAny(URI uri, InputSpec spec) {
    Path path = path(uri);
    Optional<String> split = split(uri);
    if (!Files.isReadable(path)) {
      throw new InvalidInputException(
          "data set %s: there is no readable file or directory %s".formatted(uri, path));
    }
    if (Files.isRegularFile(path)) {
      return CifarDataset.open(uri, List.of(path), spec);
    }
    List<Path> binaries = CifarFiles.in(path);
    return binaries.isEmpty()
        ? ImageFolder.open(uri, ImageFolder.root(uri, path, split), spec)
        : CifarDataset.open(uri, CifarFiles.ofSplit(uri, binaries, split), spec);
  }

  private static Path path(URI uri) {
    String scheme = uri.getScheme() == null ? "file" : uri.getScheme().toLowerCase(Locale.ROOT);
    if (!scheme.equals("file") || uri.getPath() == null || uri.getPath().isEmpty()) {
      throw new InvalidInputException(
          "data set %s: wanted a path or a file: URI such as file:///data/cifar10?split=train"
              .formatted(uri));
    }
    return Path.of(uri.getPath());
  }

  private static Optional<String> split(URI uri) {
    if (uri.getQuery() == null) {
      return Optional.empty();
    }
    List<String> unknown =
        Arrays.stream(uri.getQuery().split("&"))
            .filter(part -> !part.equals("split=train") && !part.equals("split=test"))
            .toList();
    if (!unknown.isEmpty() || uri.getQuery().contains("&")) {
      throw new InvalidInputException(
          "data set %s: wanted split=train or split=test after '?', but found '%s'"
              .formatted(uri, uri.getQuery()));
    }
    return Optional.of(uri.getQuery().substring("split=".length()));
  }

  /** The names in a directory, in an order that no file system changes. */
  static List<Path> list(Path directory) {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries
          .filter(entry -> !entry.getFileName().toString().startsWith("."))
          .sorted((a, b) -> a.getFileName().toString().compareTo(b.getFileName().toString()))
          .toList();
    } catch (java.io.IOException e) {
      throw new InvalidInputException("directory %s cannot be listed: %s".formatted(directory, e));
    }
  }
}
