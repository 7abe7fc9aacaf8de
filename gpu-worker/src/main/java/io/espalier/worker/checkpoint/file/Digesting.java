package io.espalier.worker.checkpoint.file;

import io.espalier.worker.domain.StopCheck;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * Computes SHA-256 of files while they are read, copied or written, in a thread of its own.
 *
 * <p>SHA-256 takes longer than reading and writing together, so whoever moves the bytes goes on
 * with the next chunk while the last one is digested. A few buffers go round between the two;
 * memory does not depend on the size of the files.
 */
public final class Digesting implements Closeable {
  private static final int BUFFERS = 4;
  private static final int BUFFER_BYTES = 1 << 20;

  private final BlockingQueue<ByteBuffer> free = new ArrayBlockingQueue<>(BUFFERS);
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          work -> {
            var daemon = new Thread(work, "sha256");
            daemon.setDaemon(true);
            return daemon;
          });

  private final StopCheck stop;

  public Digesting() {
    this(StopCheck.NEVER);
  }

  /** Asks before every buffer whether it should go on. */
  public Digesting(StopCheck stop) {
    this.stop = stop;
    for (int i = 0; i < BUFFERS; i++) {
      free.add(ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN));
    }
  }

  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256, but this one", e);
    }
  }

  /** Reads a file. */
  public FileDigest read(String name, Path file) throws IOException {
    try (FileChannel in = FileChannel.open(file)) {
      var sink = new Sink(chunk -> {});
      sink.putAll(in);
      return sink.finish(name);
    }
  }

  /** Copies a file to a place where there is none yet. */
  public FileDigest copy(String name, Path from, Path to) throws IOException {
    try (FileChannel in = FileChannel.open(from);
        FileChannel out =
            FileChannel.open(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      Sink sink = sink(out);
      sink.putAll(in);
      return sink.finish(name);
    }
  }

  /** Returns what is put into it is written to a channel, from its present position on. */
  public Sink sink(FileChannel channel) {
    return new Sink(
        chunk -> {
          while (chunk.hasRemaining()) {
            channel.write(chunk);
          }
        });
  }

  /** Ends the thread. */
  @Override
  public void close() {
    thread.shutdownNow();
  }

  /** Sink of the bytes of one file. One at a time, from one thread. */
  public final class Sink {
    private final Output output;
    private final MessageDigest digest = sha256();
    private long bytes;
    private @Nullable ByteBuffer current;

    private Sink(Output output) {
      this.output = output;
    }

    /** A buffer to put bytes into, with at least so much room; little-endian. */
    public ByteBuffer room(int wanted) throws IOException {
      if (current != null && current.remaining() < wanted) {
        pass(current);
        current = null;
      }
      if (current == null) {
        current = take().clear();
      }
      return current;
    }

    /** Puts all of a buffer. */
    public void put(ByteBuffer source) throws IOException {
      while (source.hasRemaining()) {
        ByteBuffer room = room(1);
        int count = Math.min(room.remaining(), source.remaining());
        room.put(source.slice().limit(count));
        source.position(source.position() + count);
      }
    }

    /** Puts the rest of a file. */
    public void putAll(FileChannel in) throws IOException {
      while (in.read(room(1)) >= 0) {
        // A buffer is passed on when it is full.
      }
    }

    /** Passes on what is left; nothing may be put in afterwards. */
    public FileDigest finish(String name) throws IOException {
      if (current != null) {
        pass(current);
        current = null;
      }
      try {
        byte[] sha256 = thread.submit(() -> digest.digest()).get();
        return new FileDigest(name, bytes, HexFormat.of().formatHex(sha256));
      } catch (InterruptedException e) {
        throw interrupted(e);
      } catch (ExecutionException e) {
        throw new IOException("digest of " + name, e);
      }
    }

    private void pass(ByteBuffer filled) throws IOException {
      stop.check();
      filled.flip();
      bytes += filled.remaining();
      output.write(filled.duplicate());
      thread.execute(
          () -> {
            digest.update(filled);
            free.add(filled);
          });
    }
  }

  private ByteBuffer take() throws IOException {
    try {
      return free.take();
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static IOException interrupted(InterruptedException cause) {
    Thread.currentThread().interrupt();
    var exception = new InterruptedIOException("interrupted while digesting");
    exception.initCause(cause);
    return exception;
  }

  @FunctionalInterface
  private interface Output {
    void write(ByteBuffer chunk) throws IOException;
  }
}
