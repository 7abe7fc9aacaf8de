package io.espalier.worker.data.text;

import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.TextTask;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Makes data sets of running text: all tokens of a file in a row, cut into blocks of one length.
 * What is left at the end and fills no block is dropped, unless it is all there is.
 *
 * <p>Source: {@code run_clm.py} and {@code run_mlm.py} of Hugging Face's transformers, which
 * tokenise each line, too; the first keeps line breaks, the second does not.
 */
final class TextBlocks {
  private final int[] tokens;

  private TextBlocks(int[] tokens) {
    this.tokens = tokens;
  }

  /** Blocks of which each token is asked, given those before it. */
  static TextDataset causal(Path file, Tokenizer tokenizer, TextInput input, int length) {
    return read(file, tokenizer, input)
        .dataset(input, length, block -> new Sequence(block.ids(), block.types(), block.ids()));
  }

  /** Blocks of which masked tokens are asked. */
  static TextDataset masked(
      Path file, Tokenizer tokenizer, TextInput input, TextSettings settings) {
    var masking = new Masking(tokenizer.vocabulary(), settings.seed());
    return read(file, tokenizer, input).dataset(input, settings.length(input), masking::mask);
  }

  private TextDataset dataset(TextInput input, int length, UnaryOperator<Sequence> labelled) {
    var sequences = new ArrayList<Sequence>();
    int blocks = Math.max(1, tokens.length / length);
    for (int i = 0; i < blocks; i++) {
      int end = Math.min((i + 1) * length, tokens.length);
      int[] ids = Arrays.copyOfRange(tokens, i * length, end);
      sequences.add(labelled.apply(new Sequence(ids, new byte[ids.length], new int[0])));
    }
    return new SequenceDataset(sequences, Labelling.TOKEN, input.padding());
  }

  private static TextBlocks read(Path file, Tokenizer tokenizer, TextInput input) {
    boolean plain = Format.of(file).orElseThrow() == Format.PLAIN;
    List<int[]> parts =
        plain
            ? lines(file, input.task() == TextTask.TEXT_GENERATION).stream()
                .map(line -> tokenizer.encode(line).ids())
                .toList()
            : TextRows.read(file).stream()
                .filter(row -> !row.text().isBlank())
                .map(row -> document(row.text(), tokenizer))
                .toList();
    int[] tokens = parts.stream().flatMapToInt(Arrays::stream).toArray();
    if (tokens.length == 0) {
      throw new InvalidInputException("%s holds no text".formatted(file));
    }
    return new TextBlocks(tokens);
  }

  private static List<String> lines(Path file, boolean lineBreaks) {
    String text = TextFiles.read(file);
    if (text.isBlank()) {
      throw new InvalidInputException("%s holds no text".formatted(file));
    }
    List<String> lines = text.lines().toList();
    if (!lineBreaks) {
      return lines;
    }
    boolean ended = text.endsWith("\n") || text.endsWith("\r");
    var broken = new ArrayList<String>();
    for (int i = 0; i < lines.size(); i++) {
      boolean open = i == lines.size() - 1 && !ended;
      broken.add(open ? lines.get(i) : lines.get(i) + "\n");
    }
    return broken;
  }

  /** A document with the token that ends one, unless the tokenizer has put it there itself. */
  private static int[] document(String text, Tokenizer tokenizer) {
    int[] ids = tokenizer.encode(text).ids();
    if (tokenizer.end().isEmpty()
        || (ids.length > 0 && ids[ids.length - 1] == tokenizer.end().getAsInt())) {
      return ids;
    }
    int[] ended = Arrays.copyOf(ids, ids.length + 1);
    ended[ids.length] = tokenizer.end().getAsInt();
    return ended;
  }
}
