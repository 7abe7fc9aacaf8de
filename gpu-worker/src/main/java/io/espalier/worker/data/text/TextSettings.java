package io.espalier.worker.data.text;

import io.espalier.worker.data.TextInput;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.TextTask;
import java.util.OptionalInt;

/**
 * Settings of tokenizing.
 *
 * @param maxLength tokens of the longest sequence; by default what is usual for the task, {@value
 *     #QUESTION_LENGTH} for question-answering, {@value #BLOCK_LENGTH} for text-generation and
 *     fill-mask, {@value #TEXT_LENGTH} for the others, or as many as the model takes if that is
 *     less
 * @param stride tokens that neighbouring windows of a question share; by default {@value #STRIDE},
 *     or a third of the longest sequence if that is less
 * @param seed decides which tokens are masked
 */
public record TextSettings(OptionalInt maxLength, OptionalInt stride, long seed) {
  /** Longest window of a question, by default. */
  public static final int QUESTION_LENGTH = 384;

  /** Longest block of a text of which tokens are guessed, by default. */
  public static final int BLOCK_LENGTH = 512;

  /** Longest text that is classified or mapped to a vector, by default. */
  public static final int TEXT_LENGTH = 128;

  /** Tokens that neighbouring windows share, by default. */
  public static final int STRIDE = 128;

  /** Defaults. */
  public static final TextSettings USUAL =
      new TextSettings(OptionalInt.empty(), OptionalInt.empty(), 0);

  /** These settings with another longest sequence. */
  public TextSettings withMaxLength(int tokens) {
    return new TextSettings(OptionalInt.of(tokens), stride, seed);
  }

  /** These settings with another overlap. */
  public TextSettings withStride(int tokens) {
    return new TextSettings(maxLength, OptionalInt.of(tokens), seed);
  }

  /** These settings with another seed. */
  public TextSettings withSeed(long another) {
    return new TextSettings(maxLength, stride, another);
  }

  /**
   * Tokens of the longest sequence for a model.
   *
   * @throws InvalidInputException if the model has fewer positions than asked for
   */
  public int length(TextInput input) {
    int length = maxLength.orElse(Math.min(input.positions(), usual(input.task())));
    input.requireLength(length);
    return length;
  }

  /**
   * Tokens that neighbouring windows share.
   *
   * @throws InvalidInputException if windows are not longer
   */
  public int overlap(TextInput input) {
    int length = length(input);
    int overlap = stride.orElse(Math.min(STRIDE, length / 3));
    if (overlap < 0 || overlap >= length) {
      throw new InvalidInputException(
          "a stride of %d tokens: windows of %d can share 0 to %d"
              .formatted(overlap, length, length - 1));
    }
    return overlap;
  }

  private static int usual(TextTask task) {
    return switch (task) {
      case QUESTION_ANSWERING -> QUESTION_LENGTH;
      case FILL_MASK, TEXT_GENERATION -> BLOCK_LENGTH;
      case TEXT_CLASSIFICATION, TOKEN_CLASSIFICATION, FEATURE_EXTRACTION -> TEXT_LENGTH;
    };
  }
}
