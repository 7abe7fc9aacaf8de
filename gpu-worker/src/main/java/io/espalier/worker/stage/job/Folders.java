package io.espalier.worker.stage.job;

import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Private folders: looked into and cleared away. */
public final class Folders {
  private static final Logger LOGGER = LoggerFactory.getLogger(Folders.class);

  private Folders() {}

  /**
   * Deletes a folder with all that is in it, links unfollowed. What cannot be deleted is logged and
   * left.
   */
  public static void delete(Path folder) {
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try {
      Files.walkFileTree(folder, new Deletion());
    } catch (IOException e) {
      LOGGER.atWarn().setCause(e).addKeyValue("folder", folder).log("could not clear folder");
    }
  }

  /** Returns whether a folder is missing or has nothing in it. */
  public static boolean isEmpty(Path folder) {
    if (!Files.exists(folder)) {
      return true;
    }
    try (var entries = Files.list(folder)) {
      return entries.findAny().isEmpty();
    } catch (IOException e) {
      throw new UncheckedIOException("could not list " + folder, e);
    }
  }

  /**
   * The absolute path of a folder, there or not; if it is a link, of the folder that it leads to,
   * so that whoever puts something else in its place leaves the link.
   *
   * @throws InvalidInputException if it is a link that leads nowhere
   */
  public static Path unlinked(Path folder) {
    if (!Files.isSymbolicLink(folder)) {
      return folder.toAbsolutePath();
    }
    try {
      return folder.toRealPath();
    } catch (NoSuchFileException e) {
      throw new InvalidInputException(
          "%s: wanted a place for a directory, found a link that leads nowhere; make the directory that it names, or name another"
              .formatted(folder));
    } catch (IOException e) {
      throw new UncheckedIOException("could not follow " + folder, e);
    }
  }

  private static final class Deletion extends SimpleFileVisitor<Path> {
    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      Files.delete(file);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure)
        throws IOException {
      if (failure != null) {
        throw failure;
      }
      Files.delete(folder);
      return FileVisitResult.CONTINUE;
    }
  }
}
