package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.worker.algorithm.evaluate.TextLoss;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.Tensors;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Sequences of tokens, with what is right or without.
 *
 * @param input of the networks, which decides what is asked
 * @param data the sequences
 */
public record TextSamples(TextInput input, TextDataset data)
    implements LearningSamples<TokenBatch, Tokens> {
  @Override
  public int size() {
    return data.size();
  }

  @Override
  public String fingerprint() {
    return data.fingerprint();
  }

  @Override
  public boolean labelled() {
    return data.labelled();
  }

  @Override
  public AnswerComparison comparison() {
    return AnswerComparison.of(input);
  }

  private AskedRows asked() {
    return AskedRows.of(input.task());
  }

  @Override
  public TokenBatch draw(int[] indices, SplittableRandom random) {
    return data.batch(indices);
  }

  @Override
  public Tokens inputs(TokenBatch batch, NDManager manager) {
    return Tokens.of(manager, batch);
  }

  @Override
  public long count(TokenBatch batch) {
    return IntStream.of(asked().answers(batch)).sum();
  }

  @Override
  public long tokens(TokenBatch batch) {
    return LongStream.of(batch.mask()).sum();
  }

  @Override
  public NDArray rows(NDArray said, TokenBatch batch) {
    return asked().rows(said, batch);
  }

  @Override
  public int[] rowsOfEach(TokenBatch batch) {
    return IntStream.of(asked().answers(batch))
        .map(answers -> (int) Math.round(answers / rowShare()))
        .toArray();
  }

  @Override
  public int[] lengths(TokenBatch batch) {
    return asked() == AskedRows.SPANS
        ? IntStream.range(0, batch.rows()).map(row -> real(batch, row)).toArray()
        : new int[0];
  }

  @Override
  public double rowShare() {
    return asked().share();
  }

  @Override
  public long[] labels(TokenBatch batch) {
    return asked().labels(batch);
  }

  @Override
  public NDArray task(NDArray said, TokenBatch batch) {
    return TextLoss.of(input).sum(said, batch);
  }

  @Override
  public NDArray weighed(NDArray losses, TokenBatch batch) {
    int[] answers = asked().answers(batch);
    float[] weights = new float[batch.mask().length];
    for (int row = 0; row < batch.rows(); row++) {
      int from = row * batch.length();
      int real = real(batch, row);
      for (int i = from; i < from + batch.length(); i++) {
        weights[i] = batch.mask()[i] == 1 ? (float) answers[row] / real : 0;
      }
    }
    NDArray all = Tensors.of(losses.getManager(), weights, weights.length);
    return Tensors.sum(Tensors.multiply(losses, Tensors.inTypeOf(losses, all)));
  }

  /** Number of tokens of a sequence, which stand before its padding. */
  private static int real(TokenBatch batch, int row) {
    long[] mask = batch.mask();
    int from = row * batch.length();
    return (int) IntStream.range(from, from + batch.length()).mapToLong(i -> mask[i]).sum();
  }
}
