package io.espalier.standalone.local;

import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * Keeps a directory for one installation: two brokers on the same data destroy them. The operating
 * system gives the lock back however the process ends. Beside the lock it is written down who holds
 * it.
 */
public final class DirectoryLock implements AutoCloseable {
  private static final String LOCK = "espalier.lock";
  private static final String HOLDER = "espalier.lock-holder";

  private final FileChannel channel;

  private DirectoryLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes a directory.
   *
   * @throws InvalidInputException naming who holds it, if somebody does
   */
  public static DirectoryLock take(Path directory) {
    try {
      Files.createDirectories(directory);
      FileChannel channel =
          FileChannel.open(
              directory.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (lock(channel).isEmpty()) {
        channel.close();
        throw new InvalidInputException(
            "%s is in use by %s; stop that (`espalier down --dir %s`), or choose another directory by --dir"
                .formatted(directory, holder(directory), directory));
      }
      writeHolder(directory);
      return new DirectoryLock(channel);
    } catch (IOException failed) {
      throw new UncheckedIOException("could not lock " + directory, failed);
    }
  }

  /** A lock of this same JVM is refused by an exception, that of another process by a null. */
  private static Optional<FileLock> lock(FileChannel channel) throws IOException {
    try {
      return Optional.ofNullable(channel.tryLock());
    } catch (OverlappingFileLockException heldByThisProcess) {
      return Optional.empty();
    }
  }

  private static void writeHolder(Path directory) throws IOException {
    String holder =
        "process %d of %s, since %s"
            .formatted(
                ProcessHandle.current().pid(),
                System.getProperty("user.name", "?"),
                Instant.now().truncatedTo(ChronoUnit.SECONDS));
    Files.writeString(directory.resolve(HOLDER), holder);
  }

  private static String holder(Path directory) {
    try {
      return Files.readString(directory.resolve(HOLDER));
    } catch (IOException unknown) {
      return "another process";
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException failed) {
      throw new UncheckedIOException("could not give back a lock", failed);
    }
  }
}
