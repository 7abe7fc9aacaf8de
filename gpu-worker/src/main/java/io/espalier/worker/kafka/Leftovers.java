package io.espalier.worker.kafka;

import io.espalier.worker.checkpoint.ArtifactStores;
import io.espalier.worker.domain.WorkerException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Half of an artifact, left in the store by a worker that died while it published.
 *
 * <p>A note of where something is being published lies in the worker's folder for as long as that
 * lasts. A note that has grown old belongs to a worker that died, and says where to look.
 */
final class Leftovers {
  /** Longer than anything takes to be published. */
  static final Duration OLD = Duration.ofDays(1);

  private static final Logger LOGGER = LoggerFactory.getLogger(Leftovers.class);

  private final Path notes;

  /** Leftovers noted in a folder, which several workers may share. */
  Leftovers(Path notes) {
    this.notes = notes;
  }

  /** A note that something is being published under a URI. */
  Path note(URI under) {
    try {
      Path note = Files.createTempFile(Files.createDirectories(notes), "publishing-", ".uri");
      return Files.writeString(note, under.toString());
    } catch (IOException e) {
      throw new UncheckedIOException("could not write a note in " + notes, e);
    }
  }

  /** Takes a note back: it was published, or failed and cleared up after itself. */
  void done(Path note) {
    try {
      Files.deleteIfExists(note);
    } catch (IOException e) {
      LOGGER.atWarn().setCause(e).addKeyValue("file", note).log("note not removed");
    }
  }

  /** Removes what has been lying around for longer than {@link #OLD}; a failure is logged. */
  void clear() {
    Instant before = Instant.now().minus(OLD);
    try {
      for (Path note : notes()) {
        if (Files.getLastModifiedTime(note).toInstant().isBefore(before)) {
          clear(note, before);
        }
      }
    } catch (IOException e) {
      LOGGER.atWarn().setCause(e).addKeyValue("folder", notes).log("leftovers not cleared");
    }
  }

  private void clear(Path note, Instant before) throws IOException {
    String under = Files.readString(note);
    try {
      ArtifactStores.of(URI.create(under)).clear(URI.create(under), before);
    } catch (WorkerException | IllegalArgumentException e) {
      LOGGER.atWarn().setCause(e).addKeyValue("under", under).log("leftovers not cleared");
    }
    done(note);
  }

  private List<Path> notes() throws IOException {
    if (!Files.isDirectory(notes)) {
      return List.of();
    }
    try (Stream<Path> found = Files.list(notes)) {
      return found.toList();
    }
  }
}
