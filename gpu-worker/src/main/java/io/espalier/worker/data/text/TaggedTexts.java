package io.espalier.worker.data.text;

import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.Quoted;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Makes data sets of sentences whose words have labels. A word's label is asked of its first token;
 * of its other tokens, and of those that the tokenizer adds, nothing is asked. Words that do not
 * fit into the longest sequence are left out.
 *
 * <p>Words are read as they stand in running text, one space apart. For tokenizers that divide at
 * spaces these are the tokens of the words one by one.
 *
 * <p>Source: {@code run_ner.py} of Hugging Face's transformers, without {@code label_all_tokens}.
 */
final class TaggedTexts {
  private static final int NOTHING = (int) TokenBatch.IGNORED;

  private final Tokenizer tokenizer;
  private final TextInput input;
  private final int maxLength;

  private TaggedTexts(Tokenizer tokenizer, TextInput input, int maxLength) {
    this.tokenizer = tokenizer;
    this.input = input;
    this.maxLength = maxLength;
  }

  /** Sentences with the labels that the file gives. */
  static TextDataset open(Path file, Tokenizer tokenizer, TextInput input, int maxLength) {
    var labels = new KnownLabels(input.labels());
    var problems = new RowProblems(file);
    var texts = new TaggedTexts(tokenizer, input, maxLength);
    var sequences = new ArrayList<Sequence>();
    for (TaggedRow row : TaggedRows.read(file)) {
      int[] numbers = numbers(row, labels, problems);
      sequences.add(texts.sequence(row.words(), numbers));
    }
    problems.throwIfAny();
    return new SequenceDataset(
        sequences, Labelling.TOKEN, input.padding(), problems.named(labels.warnings()));
  }

  private static int[] numbers(TaggedRow row, KnownLabels labels, RowProblems problems) {
    var numbers = new int[row.tags().size()];
    for (int word = 0; word < numbers.length; word++) {
      numbers[word] = labels.number(row.tags().get(word));
      if (numbers[word] == KnownLabels.NONE) {
        problems.add(
            "line " + row.line(),
            "word %d '%s': %s"
                .formatted(
                    word + 1,
                    Quoted.of(row.words().get(word)),
                    labels.problem(row.tags().get(word))));
      }
    }
    return numbers;
  }

  private Sequence sequence(List<String> words, int[] labels) {
    String text = String.join(" ", words);
    Encoded encoded = Truncation.longestFirst(tokenizer.encode(text), maxLength);
    var ends = new int[words.size()];
    int end = -1;
    for (int word = 0; word < ends.length; word++) {
      end += 1 + words.get(word).length();
      ends[word] = end;
    }
    var byToken = new int[encoded.length()];
    Arrays.fill(byToken, NOTHING);
    int before = -1;
    for (int token = 0; token < byToken.length; token++) {
      int word = word(encoded, token, text, ends);
      if (word > before) {
        byToken[token] = labels[word];
        before = word;
      }
    }
    return Sequence.of(encoded, input, byToken);
  }

  /** Returns which word a token belongs to; -1 if to none. */
  private static int word(Encoded encoded, int token, String text, int[] ends) {
    if (encoded.sources()[token] == Encoded.ADDED) {
      return -1;
    }
    int begin = encoded.begins()[token];
    while (begin < encoded.ends()[token] && text.charAt(begin) == ' ') {
      begin++; // some tokenizers count the space in front as the token's
    }
    if (begin >= encoded.ends()[token]) {
      return -1;
    }
    int found = Arrays.binarySearch(ends, begin + 1);
    return found >= 0 ? found : -found - 1;
  }
}
