package io.espalier.worker.kafka.work;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Artifacts of a run's stages that later stages have made use of: {@code
 * RUN/stage-N/attempt-M-DIGEST}, while {@code RUN/stage-K} with a higher K holds results.
 *
 * <p>A run goes on from the result of its last finished stage, or begins again with the model that
 * was registered. So nobody asks for what the stages before it made; unless the last one handed on
 * what it was given, and its result names that.
 */
final class IntermediateArtifacts {
  private static final Logger LOGGER = LoggerFactory.getLogger(IntermediateArtifacts.class);
  private static final Pattern STAGE = Pattern.compile("stage-(\\d{1,9})");
  private static final Pattern ARTIFACT = Pattern.compile("attempt-\\d{1,9}-[0-9a-f]{12}");
  private static final Pattern RESULT = Pattern.compile("attempt-\\d{1,9}-result");

  /** A file of this name in a stage's folder keeps what lies there: a sweep leaves such folders. */
  static final String KEEP = ".espalier-keep";

  private IntermediateArtifacts() {}

  /**
   * Returns whether a directory is one, and the last stage that has results has had them since a
   * time. What cannot be read is none. Of a run that was opened again the results may be older than
   * the directory, and then they are not made of it.
   */
  static boolean include(Path directory, Instant doneBefore) throws IOException {
    OptionalInt stage = stage(directory);
    if (stage.isEmpty() || !isArtifact(directory)) {
      return false;
    }
    Path run = directory.resolve("../..").normalize();
    Optional<Path> last = lastWithResults(run);
    if (last.isEmpty() || number(last.get()).orElse(0) <= stage.getAsInt()) {
      return false;
    }
    Instant newest = Instant.MIN;
    for (Path result : results(last.get())) {
      Optional<URI> output = ArtifactPublication.output(result);
      if (output.isEmpty() || names(output.get(), directory)) {
        return false;
      }
      Instant made = Files.getLastModifiedTime(result).toInstant();
      newest = made.isAfter(newest) ? made : newest;
    }
    Instant changed = Files.getLastModifiedTime(directory).toInstant();
    return newest.isAfter(changed) && newest.isBefore(doneBefore);
  }

  /**
   * Keeps a directory for good if it is an artifact of a stage: somebody has registered it as a
   * model. Failures are logged.
   */
  static void keep(Path directory) {
    Path mark = directory.resolveSibling(KEEP);
    if (stage(directory).isEmpty() || !isArtifact(directory) || Files.exists(mark)) {
      return;
    }
    try {
      Files.writeString(mark, "What lies here was registered as a model, so it stays.\n");
    } catch (IOException e) {
      LOGGER.atWarn().setCause(e).addKeyValue("artifact", directory).log("not marked as kept");
    }
  }

  private static boolean isArtifact(Path directory) {
    return ARTIFACT.matcher(name(directory)).matches();
  }

  /** Returns the number of the stage that made an artifact. */
  private static OptionalInt stage(Path artifact) {
    Path parent = artifact.getParent();
    return parent == null || parent.getParent() == null ? OptionalInt.empty() : number(parent);
  }

  private static OptionalInt number(Path stage) {
    Matcher name = STAGE.matcher(name(stage));
    return name.matches() ? OptionalInt.of(Integer.parseInt(name.group(1))) : OptionalInt.empty();
  }

  private static Optional<Path> lastWithResults(Path run) throws IOException {
    Optional<Path> last = Optional.empty();
    for (Path stage : entries(run)) {
      boolean later =
          number(stage).isPresent()
              && number(stage).getAsInt() > last.map(s -> number(s).orElse(-1)).orElse(-1);
      if (later && !results(stage).isEmpty()) {
        last = Optional.of(stage);
      }
    }
    return last;
  }

  private static List<Path> results(Path stage) throws IOException {
    List<Path> results = new ArrayList<>();
    for (Path entry : entries(stage)) {
      if (RESULT.matcher(name(entry)).matches()) {
        results.add(entry);
      }
    }
    return results;
  }

  /** Returns whether a URI is that of a run's artifact, wherever the store is mounted. */
  private static boolean names(URI output, Path artifact) {
    Path named = Path.of(output.getPath());
    int names = artifact.getNameCount();
    return named.endsWith(artifact.subpath(names - 3, names));
  }

  private static List<Path> entries(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.filter(Files::isDirectory).toList();
    }
  }

  private static String name(Path path) {
    return String.valueOf(path.getFileName());
  }
}
