package io.espalier.worker.data.text;

import io.espalier.worker.data.TextInput;
import java.nio.file.Path;
import java.util.OptionalInt;

/**
 * Turns text into the tokens that a model was trained with.
 *
 * <p>Safe for use by several threads.
 */
interface Tokenizer extends AutoCloseable {
  /**
   * Opens the tokenizer of a model directory.
   *
   * @throws io.espalier.worker.domain.InvalidInputException if there is none, or if it has tokens
   *     that the model does not know
   */
  static Tokenizer open(Path modelDirectory, TextInput input) {
    Vocabulary vocabulary = Vocabulary.read(modelDirectory);
    vocabulary.requireWithin(input);
    return NativeTokenizer.open(modelDirectory, vocabulary);
  }

  /** A whole text, with the tokens that the tokenizer puts around it. */
  Encoded encode(String text);

  /** A whole pair of texts, with the tokens that the tokenizer puts around and between them. */
  Encoded encode(String first, String second);

  /** Returns which tokens there are. */
  Vocabulary vocabulary();

  /** The token that ends a document. */
  default OptionalInt end() {
    return vocabulary().end();
  }

  @Override
  void close();
}
