package io.espalier.worker.data;

import io.espalier.worker.domain.InvalidInputException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Files of a directory for each part of CIFAR-10 or CIFAR-100. */
final class CifarFiles {
  private static final Pattern TRAIN = Pattern.compile("data_batch_(\\d+)\\.bin|train\\.bin");
  private static final Pattern TEST = Pattern.compile("test_batch\\.bin|test\\.bin");

  private CifarFiles() {}

  /** Every CIFAR file of a directory; none if it holds something else. */
  static List<Path> in(Path directory) {
    return ImageDatasets.list(directory).stream()
        .filter(Files::isRegularFile)
        .filter(file -> isTrain(file) || isTest(file))
        .toList();
  }

  /** The files of one split; it may go unnamed if there is only one. */
  static List<Path> ofSplit(URI uri, List<Path> files, Optional<String> split) {
    List<Path> train =
        files.stream().filter(CifarFiles::isTrain).sorted(CifarFiles::order).toList();
    List<Path> test = files.stream().filter(CifarFiles::isTest).toList();
    if (split.isEmpty() && !train.isEmpty() && !test.isEmpty()) {
      throw new InvalidInputException(
          "data set %s: holds training and test images; add ?split=train or ?split=test"
              .formatted(uri));
    }
    boolean wantsTrain = split.map("train"::equals).orElse(!train.isEmpty());
    List<Path> wanted = wantsTrain ? train : test;
    if (wanted.isEmpty()) {
      throw new InvalidInputException(
          "data set %s: wanted %s, but found only %s"
              .formatted(
                  uri,
                  wantsTrain ? "data_batch_*.bin or train.bin" : "test_batch.bin or test.bin",
                  files.stream().map(Path::getFileName).toList()));
    }
    return wanted;
  }

  /** Bytes of label at the head of a record, if the file's name tells: 1 as CIFAR-10, 2 as -100. */
  static Optional<Integer> labelBytes(Path file) {
    String name = file.getFileName().toString();
    if (name.startsWith("data_batch_") || name.equals("test_batch.bin")) {
      return Optional.of(1);
    }
    return name.equals("train.bin") || name.equals("test.bin") ? Optional.of(2) : Optional.empty();
  }

  private static boolean isTrain(Path file) {
    return TRAIN.matcher(file.getFileName().toString()).matches();
  }

  private static boolean isTest(Path file) {
    return TEST.matcher(file.getFileName().toString()).matches();
  }

  /** By length first, so that data_batch_10 follows data_batch_9. */
  private static int order(Path a, Path b) {
    String first = a.getFileName().toString();
    String second = b.getFileName().toString();
    return first.length() == second.length()
        ? first.compareTo(second)
        : Integer.compare(first.length(), second.length());
  }
}
