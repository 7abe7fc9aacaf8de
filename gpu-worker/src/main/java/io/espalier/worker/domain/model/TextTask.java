package io.espalier.worker.domain.model;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Task of a model that reads text, in Hugging Face's words. */
public enum TextTask {
  /** Finds the answer to a question in a text. */
  QUESTION_ANSWERING,
  /** Gives a text a label. */
  TEXT_CLASSIFICATION,
  /** Gives each token a label. */
  TOKEN_CLASSIFICATION,
  /** Guesses tokens that were masked. */
  FILL_MASK,
  /** Guesses the next token. */
  TEXT_GENERATION,
  /** Maps a text to a vector. */
  FEATURE_EXTRACTION;

  /** Its name as policies have it, such as {@code question-answering}. */
  public String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The task of a name. */
  public static Optional<TextTask> of(String key) {
    return Arrays.stream(values()).filter(task -> task.key().equals(key)).findFirst();
  }
}
