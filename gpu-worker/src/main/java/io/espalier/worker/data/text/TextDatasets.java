package io.espalier.worker.data.text;

import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.domain.InvalidInputException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;

/**
 * Opens texts by URI, as tokens for a model.
 *
 * <p>A URI is a plain path or {@code file:}. It names a file, or a directory with one file that
 * will do, which {@code ?split=train}, {@code ?split=validation} or {@code ?split=test} chooses by
 * the beginning of its name. Which file will do depends on what the model does:
 *
 * <ul>
 *   <li>question-answering: {@code .json}, SQuAD 1.1 or 2.0;
 *   <li>text-classification: {@code .jsonl}, in each line an object with {@code text}, maybe {@code
 *       text_pair} or {@code text2}, and {@code label} or {@code labels}: the name of a label as a
 *       string or its number as an integer, a list of these for a model that gives several, a
 *       number for a regression; or {@code .csv}, whose header names the same. Either every row has
 *       a label or none;
 *   <li>token-classification: {@code .conll} or {@code .txt}, a word a line with its tag in the
 *       last column and an empty line after each sentence, as CoNLL has it; or {@code .jsonl}, in
 *       each line {@code tokens} and {@code ner_tags}, {@code tags} or {@code labels}, names or
 *       numbers of labels;
 *   <li>text-generation and fill-mask: {@code .txt}, or {@code .jsonl} with a document in each
 *       line; for text-generation also {@code .jsonl} with {@code prompt} and {@code completion} in
 *       each line, of which only the latter is asked;
 *   <li>feature-extraction: {@code .txt}, one text a line, {@code .jsonl} or {@code .csv}; labels
 *       are not looked at.
 * </ul>
 *
 * <p>Everything is read, checked and turned into tokens on opening, and held in memory: 5 to 13
 * bytes a token.
 */
public final class TextDatasets {
  private TextDatasets() {}

  /**
   * Opens texts for a model.
   *
   * @param modelDirectory holds {@code tokenizer.json}
   * @throws InvalidInputException naming every problem of what is first found to have any:
   *     settings, tokenizer, data
   */
  public static TextDataset open(
      URI uri, TextInput input, Path modelDirectory, TextSettings settings) {
    List<Format> formats = Format.of(input.task());
    int length = settings.length(input);
    Path file = TextFiles.find(uri, formats);
    try (Tokenizer tokenizer = Tokenizer.open(modelDirectory, input)) {
      return switch (input.task()) {
        case QUESTION_ANSWERING -> SquadDataset.open(file, tokenizer, input, settings);
        case TEXT_CLASSIFICATION -> ClassifiedTexts.open(file, tokenizer, input, length);
        case TEXT_GENERATION ->
            AnsweredPrompts.in(file)
                ? AnsweredPrompts.open(file, tokenizer, input, length)
                : TextBlocks.causal(file, tokenizer, input, length);
        case FILL_MASK -> TextBlocks.masked(file, tokenizer, input, settings);
        case TOKEN_CLASSIFICATION -> TaggedTexts.open(file, tokenizer, input, length);
        case FEATURE_EXTRACTION -> ClassifiedTexts.unlabelled(file, tokenizer, input, length);
      };
    }
  }

  /**
   * Opens questions for a model that answers them.
   *
   * @throws InvalidInputException as {@link #open}
   */
  public static SquadDataset openQuestions(
      URI uri, TextInput input, Path modelDirectory, TextSettings settings) {
    if (open(uri, input, modelDirectory, settings) instanceof SquadDataset questions) {
      return questions;
    }
    throw new InvalidInputException(
        "data set %s: questions are needed here, but the model is for %s"
            .formatted(uri, input.task().key()));
  }
}
