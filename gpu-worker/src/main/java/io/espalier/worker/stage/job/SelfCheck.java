package io.espalier.worker.stage.job;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.espalier.worker.checkpoint.store.InputRoots;
import io.espalier.worker.checkpoint.store.StoreMarker;
import io.espalier.worker.domain.DurationWords;
import io.espalier.worker.domain.WorkerException;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Check that a worker can work at all: its store is there and can be written, its input directories
 * can be read, its work directory can be written, and there is room. Asked at the start and every
 * minute, so that a worker that cannot does not take work from those that can.
 *
 * <p>A file system that hangs must not hang the one who asks: a probe that does not answer in time
 * is a problem too, and it is not asked again before it has answered.
 */
public final class SelfCheck {
  /** A worker with less room than this is of no use, in bytes. */
  public static final long LEAST_FREE = 1L << 30;

  private static final Logger LOGGER = LoggerFactory.getLogger(SelfCheck.class);
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** Looks at one thing. */
  @FunctionalInterface
  public interface Probe {
    /**
     * Returns if all is well.
     *
     * @throws IOException if it is not; the message says what was found
     * @throws WorkerException in the same case
     */
    void look() throws IOException;
  }

  private final Map<String, Probe> probes;
  private final Duration patience;
  private final Map<String, CompletableFuture<Optional<String>>> pending = new LinkedHashMap<>();

  /** A check of what a worker needs, by name. */
  public SelfCheck(Map<String, Probe> probes) {
    this(probes, PATIENCE);
  }

  SelfCheck(Map<String, Probe> probes, Duration patience) {
    this.probes = new LinkedHashMap<>(probes);
    this.patience = patience;
  }

  /**
   * The check of a worker.
   *
   * @param store base of the artifact store, if it is known
   * @param roots where inputs lie
   * @param workDirectory where jobs lie
   */
  public static SelfCheck of(
      Optional<URI> store, InputRoots roots, Path workDirectory, DiskSpace space) {
    Map<String, Probe> probes = new LinkedHashMap<>();
    store.ifPresent(
        base ->
            probes.put(
                "artifact store",
                () -> {
                  Path directory = StoreMarker.require(base);
                  requireWritable(directory);
                  requireRoom(directory, space);
                }));
    for (Path root : roots.allowed()) {
      probes.put("input directory " + root, () -> requireReadable(root));
    }
    probes.put(
        "work directory",
        () -> {
          requireWritable(workDirectory);
          requireRoom(workDirectory, space);
        });
    return new SelfCheck(probes);
  }

  /**
   * Returns what is wrong, in words; empty if all is well. Takes a little longer than the patience.
   */
  public List<String> problems() {
    return checks().values().stream().map(Supplier::get).flatMap(Optional::stream).toList();
  }

  /** Each check by its name: what is wrong, in words, if anything is. */
  public Map<String, Supplier<Optional<String>>> checks() {
    Map<String, Supplier<Optional<String>>> checks = new LinkedHashMap<>();
    probes.forEach((name, probe) -> checks.put(name, () -> ask(name, probe)));
    return checks;
  }

  private Optional<String> ask(String name, Probe probe) {
    CompletableFuture<Optional<String>> answer;
    synchronized (pending) {
      answer = pending.computeIfAbsent(name, any -> begin(name, probe));
    }
    try {
      Optional<String> problem = answer.get(patience.toMillis(), TimeUnit.MILLISECONDS);
      synchronized (pending) {
        pending.remove(name, answer);
      }
      return problem;
    } catch (TimeoutException e) {
      return Optional.of(
          "%s: does not answer for more than %s".formatted(name, DurationWords.of(patience)));
    } catch (ExecutionException e) {
      return Optional.of("%s: %s".formatted(name, e.getCause()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.of(name + ": interrupted while looking");
    }
  }

  private static CompletableFuture<Optional<String>> begin(String name, Probe probe) {
    var answer = new CompletableFuture<Optional<String>>();
    var thread = new Thread(() -> answer.complete(look(name, probe)), "self-check");
    thread.setDaemon(true);
    thread.start();
    return answer;
  }

  private static Optional<String> look(String name, Probe probe) {
    try {
      probe.look();
      return Optional.empty();
    } catch (WorkerException e) {
      return Optional.of("%s: %s".formatted(name, e.getMessage()));
    } catch (IOException | RuntimeException e) {
      return Optional.of("%s: %s".formatted(name, e));
    }
  }

  /** A file that is written, read back and deleted. */
  static void requireWritable(Path directory) throws IOException {
    byte[] written = UUID.randomUUID().toString().getBytes(UTF_8);
    Path probe = directory.resolve(".incoming-probe-" + UUID.randomUUID());
    try {
      try (FileChannel file =
          FileChannel.open(probe, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        file.write(ByteBuffer.wrap(written));
        file.force(true);
      }
      if (!Arrays.equals(Files.readAllBytes(probe), written)) {
        throw new IOException("%s: read something else than was written".formatted(directory));
      }
    } finally {
      Files.deleteIfExists(probe);
    }
  }

  private static void requireReadable(Path directory) throws IOException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      if (!entries.iterator().hasNext()) {
        LOGGER.atDebug().addKeyValue("directory", directory).log("input directory is empty");
      }
    }
  }

  private static void requireRoom(Path directory, DiskSpace space) throws IOException {
    long free = space.free(directory);
    if (free < LEAST_FREE) {
      throw new IOException(
          "%s: %d bytes are free, but at least %d are needed"
              .formatted(directory, free, LEAST_FREE));
    }
  }
}
