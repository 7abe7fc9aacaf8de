package io.espalier.worker.algorithm.prune;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.domain.WorkerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Measurements, as JSON files that are written whole or not at all, and read with distrust. */
public final class ScoreFiles {
  private static final Logger LOGGER = LoggerFactory.getLogger(ScoreFiles.class);
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES);

  private ScoreFiles() {}

  /**
   * Returns what a file holds; empty if there is none, or if it is not what is asked for, which is
   * logged.
   *
   * @param refusal why content is not what is asked for, if it is not
   * @throws WorkerException if it cannot be read
   */
  public static <T> Optional<T> read(
      Path file, Class<T> type, Function<T, Optional<String>> refusal) {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      T found = Objects.requireNonNull(JSON.readValue(file.toFile(), type));
      Optional<String> reason = refusal.apply(found);
      if (reason.isEmpty()) {
        return Optional.of(found);
      }
      LOGGER.warn("refused a file, which is measured anew; file={} problem={}", file, reason.get());
    } catch (JsonProcessingException | RuntimeException e) {
      LOGGER.warn("refused an unreadable file; file={} problem={}", file, e.toString());
    } catch (IOException e) {
      throw new WorkerException("cannot read %s: %s".formatted(file, e), true, e);
    }
    return Optional.empty();
  }

  /**
   * Puts a file in place of what is there.
   *
   * @throws WorkerException if it cannot be written
   */
  public static void write(Path file, Object content) {
    Path sibling = file.resolveSibling(file.getFileName() + ".new");
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      JSON.writerWithDefaultPrettyPrinter().writeValue(sibling.toFile(), content);
      Files.move(
          sibling, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new WorkerException("cannot write %s: %s".formatted(file, e), true, e);
    }
  }
}
