package io.espalier.worker.data;

import java.util.List;
import java.util.stream.IntStream;

/** Some sequences of another data set, in an order of their own; each is an example. */
final class SelectedTexts implements TextDataset {
  private final TextDataset whole;
  private final int[] positions;
  private final String selection;

  /**
   * A selection.
   *
   * @param selection says which sequences these are, in words that differ for different selections
   */
  private SelectedTexts(TextDataset whole, int[] positions, String selection) {
    if (whole.examples() != whole.size()) {
      throw new IllegalStateException("examples of several sequences must be selected as a whole");
    }
    this.whole = whole;
    this.positions = positions;
    this.selection = selection;
  }

  static TextDataset first(TextDataset whole, int n) {
    if (n < 1) {
      throw new IllegalArgumentException("the first %d examples of a data set".formatted(n));
    }
    return new SelectedTexts(whole, IntStream.range(0, n).toArray(), "first %d".formatted(n));
  }

  static TextDataset drawn(TextDataset whole, int n, long seed) {
    int[] positions = Shuffle.beginning(whole.size(), n, seed);
    return new SelectedTexts(
        whole, positions, "%d drawn with seed %d".formatted(positions.length, seed));
  }

  static TextDataset withoutDrawn(TextDataset whole, int n, long seed) {
    return new SelectedTexts(
        whole,
        Shuffle.rest(whole.size(), n, seed),
        "all but %d drawn with seed %d".formatted(n, seed));
  }

  @Override
  public int size() {
    return positions.length;
  }

  @Override
  public boolean labelled() {
    return whole.labelled();
  }

  @Override
  public List<String> warnings() {
    return whole.warnings();
  }

  @Override
  public int length() {
    return whole.length();
  }

  @Override
  public TokenBatch batch(int[] indices) {
    return whole.batch(IntStream.of(indices).map(index -> positions[index]).toArray());
  }

  @Override
  public String fingerprint() {
    return new Fingerprint().add("%s of %s".formatted(selection, whole.fingerprint())).hex();
  }
}
