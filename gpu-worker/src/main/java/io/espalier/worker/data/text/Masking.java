package io.espalier.worker.data.text;

import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.InvalidInputException;
import java.util.Arrays;
import java.util.Random;

/**
 * Chooses tokens to be guessed: {@value #SHARE} of all but special ones. Of them, {@value #HIDDEN}
 * become the mask, {@value #RANDOM} any token, and the others stay.
 *
 * <p>Source: Devlin et al., BERT, arXiv 1810.04805, section 3.1; drawn token by token as by {@code
 * DataCollatorForLanguageModeling} of Hugging Face's transformers.
 */
final class Masking {
  static final double SHARE = 0.15;
  static final double HIDDEN = 0.8;
  static final double RANDOM = 0.1;

  private final Vocabulary vocabulary;
  private final int mask;
  private final Random random;

  Masking(Vocabulary vocabulary, long seed) {
    this.vocabulary = vocabulary;
    this.mask =
        vocabulary
            .mask()
            .orElseThrow(
                () ->
                    new InvalidInputException(
                        "the tokenizer has no mask token, which fill-mask needs; mask_token in"
                            + " tokenizer_config.json names it"));
    this.random = new Random(seed);
  }

  /** The next sequence with tokens masked, and labels that say what they were. */
  Sequence mask(Sequence whole) {
    int[] ids = whole.ids().clone();
    var labels = new int[ids.length];
    Arrays.fill(labels, (int) TokenBatch.IGNORED);
    for (int i = 0; i < ids.length; i++) {
      if (!vocabulary.special().contains(ids[i]) && random.nextDouble() < SHARE) {
        labels[i] = ids[i];
        ids[i] = replacement(ids[i]);
      }
    }
    return new Sequence(ids, whole.types(), labels);
  }

  private int replacement(int id) {
    double draw = random.nextDouble();
    if (draw < HIDDEN) {
      return mask;
    }
    return draw < HIDDEN + RANDOM ? random.nextInt(vocabulary.size()) : id;
  }
}
