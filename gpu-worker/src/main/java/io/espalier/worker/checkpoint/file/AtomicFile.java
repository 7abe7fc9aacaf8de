package io.espalier.worker.checkpoint.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.UUID;

/** Files that appear whole or not at all, also if the machine stops in between. */
public final class AtomicFile {
  private AtomicFile() {}

  /** Fills a file. */
  @FunctionalInterface
  public interface Content {
    void writeTo(FileChannel channel) throws IOException;
  }

  /** Writes these bytes. */
  public static void write(Path file, ByteBuffer bytes) throws IOException {
    write(
        file,
        channel -> {
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
        });
  }

  /** A hidden name beside a file, for its content while it grows; never too long a name. */
  public static Path sibling(Path file) {
    return file.resolveSibling(".partial-" + UUID.randomUUID());
  }

  /** Writes a sibling, makes it durable and gives it the name. */
  public static void write(Path file, Content content) throws IOException {
    Path target = file.toAbsolutePath();
    Path sibling = sibling(target);
    try {
      try (FileChannel channel =
          FileChannel.open(sibling, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        content.writeTo(channel);
        channel.force(true);
      }
      Files.move(sibling, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(sibling);
    }
    Durable.sync(Objects.requireNonNull(target.getParent()));
  }
}
