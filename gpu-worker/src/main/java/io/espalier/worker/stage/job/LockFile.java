package io.espalier.worker.stage.job;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Claims on numbers that one holder at a time may have, among the threads of this process and of
 * others: byte n of a file is locked for number n. The file stays empty, whatever is claimed, and a
 * process that dies loses its claims.
 *
 * <p>One channel per file stays open for as long as this process lives: closing any channel of a
 * file gives up every lock that the process has on it.
 */
final class LockFile {
  private static final Map<Path, LockFile> OPEN = new HashMap<>();

  /** A number held; closing gives it back. */
  interface Claim extends AutoCloseable {
    @Override
    void close();
  }

  private final Path file;
  private final FileChannel channel;

  private LockFile(Path file) throws IOException {
    this.file = file;
    this.channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  /** The claims of a file, which is made with the folders above it if there is none. */
  static LockFile at(Path file) throws IOException {
    Path folder = Files.createDirectories(file.toAbsolutePath().getParent()).toRealPath();
    Path real = folder.resolve(file.getFileName());
    synchronized (OPEN) {
      LockFile known = OPEN.get(real);
      if (known == null || !Files.exists(real)) { // a folder that was deleted and made anew
        known = new LockFile(real);
        OPEN.put(real, known);
      }
      return known;
    }
  }

  /** Claims a number from 0 on; empty if somebody has it. */
  Optional<Claim> tryClaim(long number) {
    try {
      FileLock lock = channel.tryLock(number, 1, false);
      return Optional.ofNullable(lock).map(held -> () -> release(held));
    } catch (OverlappingFileLockException e) { // held by another thread of this process
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(
          "could not lock %s; its file system must support locks".formatted(file), e);
    }
  }

  private static void release(FileLock lock) {
    try {
      lock.release();
    } catch (IOException e) {
      throw new UncheckedIOException("could not give a lock back", e);
    }
  }
}
