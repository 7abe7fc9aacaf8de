package io.espalier.worker.data.text;

import io.espalier.worker.data.Fingerprint;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TokenBatch;
import java.util.Arrays;
import java.util.List;

/** Sequences in memory, each an example of its own. */
final class SequenceDataset implements TextDataset {
  private final List<Sequence> sequences;
  private final Labelling labelling;
  private final long padding;
  private final List<String> warnings;

  SequenceDataset(List<Sequence> sequences, Labelling labelling, long padding) {
    this(sequences, labelling, padding, List.of());
  }

  SequenceDataset(
      List<Sequence> sequences, Labelling labelling, long padding, List<String> warnings) {
    this.warnings = List.copyOf(warnings);
    this.sequences = List.copyOf(sequences);
    this.labelling = labelling;
    this.padding = padding;
  }

  @Override
  public int size() {
    return sequences.size();
  }

  @Override
  public boolean labelled() {
    return labelling != Labelling.NONE;
  }

  @Override
  public List<String> warnings() {
    return warnings;
  }

  @Override
  public int length() {
    return sequences.stream().mapToInt(Sequence::length).max().orElse(0);
  }

  @Override
  public TokenBatch batch(int[] indices) {
    return labelling.batch(Arrays.stream(indices).mapToObj(sequences::get).toList(), padding);
  }

  @Override
  public String fingerprint() {
    var fingerprint = new Fingerprint().add("sequences " + labelling);
    sequences.forEach(sequence -> sequence.addTo(fingerprint));
    return fingerprint.hex();
  }
}
