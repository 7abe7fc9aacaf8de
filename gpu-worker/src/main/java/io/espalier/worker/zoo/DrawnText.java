package io.espalier.worker.zoo;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.zoo.Tales.Tale;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * A kind of texts that can be drawn, in the format in which models of a task read it. An example
 * depends on the seed, its split and its position alone: a larger set starts with the examples of a
 * smaller one.
 */
public enum DrawnText {
  /** Questions that a short text answers, in SQuAD 1.1's format. */
  QUESTIONS("questions", TextTask.QUESTION_ANSWERING, "json") {
    @Override
    String file(int count, long seed) throws IOException {
      return new ObjectMapper()
              .writerWithDefaultPrettyPrinter()
              .writeValueAsString(Questions.squad(count, seed))
          + "\n";
    }
  },
  /** Opinions that are positive or negative, as JSON lines. */
  OPINIONS("opinions", TextTask.TEXT_CLASSIFICATION, "jsonl") {
    @Override
    String file(int count, long seed) {
      return LongStream.range(0, count)
          .mapToObj(i -> Opinions.of(Seeds.mix(seed + i)) + "\n")
          .collect(Collectors.joining());
    }
  },
  /** Running text that can be foretold to a degree that is known. */
  TALES("tales", TextTask.TEXT_GENERATION, "txt") {
    @Override
    String file(int count, long seed) {
      return tales(count, seed).map(tale -> tale.text() + "\n").collect(Collectors.joining());
    }
  };

  private static final long TRAIN = 0x747261696eL;
  private static final long TEST = 0x746573745fL;

  private final String key;
  private final TextTask task;
  private final String extension;

  DrawnText(String key, TextTask task, String extension) {
    this.key = key;
    this.task = task;
    this.extension = extension;
  }

  /** Returns what it is called on the command line. */
  public String key() {
    return key;
  }

  /** Returns what models do that learn from it. */
  public TextTask task() {
    return task;
  }

  abstract String file(int count, long seed) throws IOException;

  /**
   * Writes a set: {@code train} and {@code test} with the extension of the format.
   *
   * @param directory is made if need be; must not hold anything
   * @throws InvalidInputException if it does, or if a size is not positive
   */
  void write(Path directory, int train, int test, long seed) {
    if (train < 1 || test < 1) {
      throw new InvalidInputException(
          "a data set needs training and test examples, but %d and %d were asked for"
              .formatted(train, test));
    }
    try {
      NewDirectory.make(directory, "a data set");
      Files.writeString(
          directory.resolve("train." + extension), file(train, Seeds.mix(seed ^ TRAIN)));
      Files.writeString(directory.resolve("test." + extension), file(test, Seeds.mix(seed ^ TEST)));
    } catch (IOException e) {
      throw new UncheckedIOException("a data set cannot be written to " + directory, e);
    }
  }

  /**
   * The mean of {@code -ln p} over all tokens of the tales of a test set, which no model can get
   * below on average that has not seen them.
   *
   * @return nats per token
   */
  public static double floorOfTales(int test, long seed) {
    double nats = 0;
    long tokens = 0;
    for (Tale tale : tales(test, Seeds.mix(seed ^ TEST)).toList()) {
      nats += tale.nats();
      tokens += tale.tokens();
    }
    return nats / tokens;
  }

  private static Stream<Tale> tales(int count, long seed) {
    return LongStream.range(0, count).mapToObj(i -> Tales.of(Seeds.mix(seed + i)));
  }

  /**
   * The kind of a name.
   *
   * @throws InvalidInputException naming all that there are
   */
  public static DrawnText of(String key) {
    return Arrays.stream(values())
        .filter(kind -> kind.key.equals(key))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "the zoo draws no '%s'; it draws shapes, %s"
                        .formatted(
                            key,
                            Arrays.stream(values())
                                .map(DrawnText::key)
                                .collect(Collectors.joining(", ")))));
  }
}
