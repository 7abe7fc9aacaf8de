package io.espalier.worker.data.text;

import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** File of a data set that holds its texts. */
final class TextFiles {
  private static final String BYTE_ORDER_MARK = "\uFEFF";

  /** A string holds no more than twice this, and a file is read into one. */
  private static final long LARGEST = 1L << 30;

  private TextFiles() {}

  /**
   * The file that a URI names, or the single one in the directory that it names.
   *
   * @param wanted formats that will do
   * @throws InvalidInputException saying what was wanted and what was found
   */
  static Path find(URI uri, List<Format> wanted) {
    Path path = path(uri);
    if (!Files.isReadable(path)) {
      throw new InvalidInputException(
          "data set %s: there is no readable file or directory %s".formatted(uri, path));
    }
    if (!Files.isDirectory(path)) {
      if (Format.of(path).filter(wanted::contains).isEmpty()) {
        throw new InvalidInputException(
            "data set %s: wanted a file of %s, but found %s"
                .formatted(uri, Format.names(wanted), path.getFileName()));
      }
      return path;
    }
    String split = split(uri).orElse("");
    List<Path> files = list(path);
    List<Path> chosen =
        files.stream()
            .filter(file -> Format.of(file).filter(wanted::contains).isPresent())
            .filter(file -> file.getFileName().toString().startsWith(split))
            .toList();
    if (chosen.size() != 1) {
      throw new InvalidInputException(
          "data set %s: wanted one file%s of %s, but found %s; name the file itself"
              .formatted(
                  uri,
                  split.isEmpty() ? "" : " whose name begins with '%s'".formatted(split),
                  Format.names(wanted),
                  (chosen.isEmpty() ? files : chosen).stream().map(Path::getFileName).toList()));
    }
    return chosen.get(0);
  }

  private static Path path(URI uri) {
    String scheme = uri.getScheme() == null ? "file" : uri.getScheme().toLowerCase(Locale.ROOT);
    if (!scheme.equals("file") || uri.getPath() == null || uri.getPath().isEmpty()) {
      throw new InvalidInputException(
          "data set %s: wanted a path or a file: URI such as file:///data/dev-v2.0.json"
              .formatted(uri));
    }
    return Path.of(uri.getPath());
  }

  private static Optional<String> split(URI uri) {
    if (uri.getQuery() == null) {
      return Optional.empty();
    }
    if (!Arrays.asList("split=train", "split=validation", "split=test").contains(uri.getQuery())) {
      throw new InvalidInputException(
          "data set %s: wanted split=train, split=validation or split=test after '?', but found '%s'"
              .formatted(uri, uri.getQuery()));
    }
    return Optional.of(uri.getQuery().substring("split=".length()));
  }

  private static List<Path> list(Path directory) {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries
          .filter(entry -> Files.isRegularFile(entry))
          .filter(entry -> !entry.getFileName().toString().startsWith("."))
          .sorted((a, b) -> a.getFileName().toString().compareTo(b.getFileName().toString()))
          .toList();
    } catch (IOException e) {
      throw new InvalidInputException("directory %s cannot be listed: %s".formatted(directory, e));
    }
  }

  /**
   * All of a file's text, without a byte order mark.
   *
   * @throws InvalidInputException if it is too large, or not UTF-8
   */
  static String read(Path file) {
    try {
      if (Files.size(file) > LARGEST) {
        throw new InvalidInputException(
            "%s has %d bytes; split it into files of less than 1 GiB"
                .formatted(file, Files.size(file)));
      }
      String text = Files.readString(file);
      return text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
    } catch (CharacterCodingException e) {
      throw new InvalidInputException("%s is not valid UTF-8".formatted(file));
    } catch (IOException e) {
      throw new InvalidInputException("%s cannot be read: %s".formatted(file, e));
    }
  }
}
