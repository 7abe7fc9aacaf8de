package io.espalier.worker.checkpoint;

import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Every file below a directory, by its path with {@code /} between names, in the order of the
 * path's UTF-8 bytes. Nothing is left out, hidden files included.
 *
 * <p>A symbolic link counts as the file that it leads to, provided that this lies in the directory
 * too; links that lead out, to directories or nowhere are refused, as is anything that is neither
 * file nor directory.
 */
record DirectoryTree(Path root, Map<String, Path> files) {
  DirectoryTree {
    var sorted = new TreeMap<String, Path>(Utf8Order.COMPARATOR);
    sorted.putAll(files);
    files = Collections.unmodifiableMap(sorted);
  }

  /** Lists a directory; adds what must not be there to the problems. */
  static DirectoryTree list(Path directory, Problems problems) {
    if (!Files.isDirectory(directory)) {
      throw new InvalidInputException(
          "%s: wanted a directory, found %s"
              .formatted(directory, Files.exists(directory) ? "a file" : "nothing"));
    }
    var files = new TreeMap<String, Path>();
    try (Stream<Path> paths = Files.walk(directory)) {
      Path real = directory.toRealPath();
      for (Path path : (Iterable<Path>) paths::iterator) {
        if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS) && !path.equals(directory)) {
          check(real, path, problems);
          files.put(name(directory, path), path);
        }
      }
    } catch (IOException e) {
      throw Failures.reading(directory, e);
    }
    return new DirectoryTree(directory, files);
  }

  private static void check(Path realRoot, Path path, Problems problems) throws IOException {
    if (!Files.isSymbolicLink(path)) {
      if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
        problems.add("%s: is neither a file nor a directory", path);
      }
    } else if (!Files.exists(path)) {
      problems.add("%s: symbolic link to %s, which does not exist", path, target(path));
    } else if (!path.toRealPath().startsWith(realRoot)) {
      problems.add(
          "%s: symbolic link out of the directory, to %s; copy the model with `cp -rL` so that it"
              + " holds its files itself",
          path, target(path));
    } else if (Files.isDirectory(path)) {
      problems.add("%s: symbolic link to a directory; put a real directory there", path);
    }
  }

  private static Path target(Path link) throws IOException {
    return Files.readSymbolicLink(link);
  }

  private static String name(Path root, Path path) {
    return root.relativize(path).toString().replace(path.getFileSystem().getSeparator(), "/");
  }
}
