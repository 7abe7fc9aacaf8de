package io.espalier.worker.checkpoint.file;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.Problems;
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
 * <p>A symbolic link counts as the file that it leads to, provided that this lies where {@link
 * LinkRoots} says; links that lead elsewhere, to directories or nowhere are refused, as is anything
 * that is neither file nor directory. A directory that is itself a link is listed by its real path.
 */
public record DirectoryTree(Path root, Map<String, Path> files) {
  public DirectoryTree {
    var sorted = new TreeMap<String, Path>(Utf8Order.COMPARATOR);
    sorted.putAll(files);
    files = Collections.unmodifiableMap(sorted);
  }

  /** Lists a directory; adds what must not be there to the problems. */
  public static DirectoryTree list(Path given, Problems problems) {
    Path directory = unlinked(given);
    var files = new TreeMap<String, Path>();
    try (Stream<Path> paths = Files.walk(directory)) {
      LinkRoots roots = LinkRoots.of(directory.toRealPath());
      for (Path path : (Iterable<Path>) paths::iterator) {
        if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS) && !path.equals(directory)) {
          check(roots, path, problems);
          files.put(name(directory, path), path);
        }
      }
    } catch (IOException e) {
      throw Failures.reading(directory, e);
    }
    return new DirectoryTree(directory, files);
  }

  private static Path unlinked(Path given) {
    if (!Files.isDirectory(given)) {
      throw new InvalidInputException(
          "%s: wanted a directory, found %s"
              .formatted(given, Files.exists(given) ? "a file" : "nothing"));
    }
    try {
      return Files.isSymbolicLink(given) ? given.toRealPath() : given;
    } catch (IOException e) {
      throw Failures.reading(given, e);
    }
  }

  private static void check(LinkRoots roots, Path path, Problems problems) throws IOException {
    if (!Files.isSymbolicLink(path)) {
      if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
        problems.add("%s: is neither a file nor a directory", path);
      }
    } else if (!Files.exists(path)) {
      problems.add("%s: symbolic link to %s, which does not exist", path, target(path));
    } else if (!roots.admit(path)) {
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
