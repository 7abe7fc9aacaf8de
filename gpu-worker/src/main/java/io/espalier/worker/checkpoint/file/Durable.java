package io.espalier.worker.checkpoint.file;

import io.espalier.worker.domain.StopCheck;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;

/** Makes sure that what was written is there after the machine stopped. */
public final class Durable {
  private Durable() {}

  /** The bytes of a file, or the names in a directory. */
  public static void sync(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** Sync of a directory's names to disk. */
  @FunctionalInterface
  interface DirectorySync {
    /** Writes the names in a directory to the disk. */
    public void sync(Path directory) throws IOException;
  }

  /** Makes the directories from one that is there down to another, each so that it stays. */
  public static void directories(Path from, Path to) throws IOException {
    directories(from, to, Durable::sync);
  }

  /** The same with another way to make names last. */
  public static void directories(Path from, Path to, DirectorySync names) throws IOException {
    Path parent = from;
    for (Path name : from.relativize(to)) {
      Path directory = parent.resolve(name);
      if (!Files.isDirectory(directory)) {
        try {
          Files.createDirectory(directory);
        } catch (FileAlreadyExistsException e) {
          if (!Files.isDirectory(directory)) {
            throw e;
          }
        }
        names.sync(parent);
      }
      parent = directory;
    }
  }

  /** Everything in and below a directory. */
  public static void tree(Path root, StopCheck stop) throws IOException {
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : (Iterable<Path>) paths::iterator) {
        stop.check();
        sync(path);
      }
    }
  }
}
