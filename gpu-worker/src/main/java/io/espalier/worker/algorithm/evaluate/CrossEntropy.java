package io.espalier.worker.algorithm.evaluate;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.tensor.Tensors;
import java.util.stream.LongStream;

/**
 * Cross entropy in nats, as Hugging Face's models compute it themselves.
 *
 * <p>Source: transformers 4.57.6, {@code loss/loss_utils.py} and the models' forward functions.
 */
enum CrossEntropy implements TextLoss {
  /**
   * Mean of the cross entropies of the first and the last token of the answer, among real tokens.
   * Transformers' own loss takes padding for a possible answer, and so depends on what else is in a
   * batch; this is what it says of each sequence alone.
   */
  SPAN {
    @Override
    public long count(TokenBatch batch) {
      return batch.rows();
    }

    @Override
    public NDArray sum(NDArray said, TokenBatch batch) {
      int rows = batch.rows();
      long[] starts = every(batch.labels(), 0, 2);
      long[] ends = every(batch.labels(), 1, 2);
      NDArray first = Tensors.reshape(Tensors.select(said, 2, 0), rows, batch.length());
      NDArray last = Tensors.reshape(Tensors.select(said, 2, 1), rows, batch.length());
      NDArray begin = crossEntropy(ofRealTokens(first, batch), starts);
      NDArray end = crossEntropy(ofRealTokens(last, batch), ends);
      return Tensors.scale(Tensors.add(begin, end), 0.5);
    }
  },
  /** Cross entropy of the label of each text. */
  LABEL {
    @Override
    public long count(TokenBatch batch) {
      return batch.rows();
    }

    @Override
    public NDArray sum(NDArray said, TokenBatch batch) {
      return crossEntropy(said, batch.labels());
    }
  },
  /** Cross entropy of the label of each token. */
  TOKEN {
    @Override
    public long count(TokenBatch batch) {
      return batch.asked(false);
    }

    @Override
    public NDArray sum(NDArray said, TokenBatch batch) {
      return crossEntropy(flat(said), batch.labels());
    }
  },
  /** Cross entropy of the token that comes next. */
  NEXT_TOKEN {
    @Override
    public long count(TokenBatch batch) {
      return batch.asked(true);
    }

    @Override
    public NDArray sum(NDArray said, TokenBatch batch) {
      return crossEntropy(flat(said), batch.nextLabels());
    }
  };

  /** So much less than any score that softmax makes nothing of it; finite, so none becomes NaN. */
  private static final float NEVER = -Float.MAX_VALUE;

  /** Scores of tokens, (batch, tokens), of which those of padding are as low as can be. */
  private static NDArray ofRealTokens(NDArray scores, TokenBatch batch) {
    float[] never = new float[batch.mask().length];
    for (int i = 0; i < never.length; i++) {
      never[i] = batch.mask()[i] == 1 ? 0 : NEVER;
    }
    return Tensors.add(
        scores, Tensors.of(scores.getManager(), never, batch.rows(), batch.length()));
  }

  /** Sum of {@code -log softmax(logits)[label]} over the rows that have a label. */
  private static NDArray crossEntropy(NDArray logits, long[] labels) {
    long[] found = LongStream.of(labels).map(label -> Math.max(label, 0)).toArray();
    NDArray right =
        Tensors.pick(
            Tensors.logSoftmax(logits, 1),
            Tensors.of(logits.getManager(), found, found.length)); // (rows)
    return Tensors.negate(Tensors.sum(asked(right, labels)));
  }

  private static NDArray asked(NDArray values, long[] labels) {
    if (LongStream.of(labels).noneMatch(label -> label == TokenBatch.IGNORED)) {
      return values;
    }
    float[] weights = new float[labels.length];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = labels[i] == TokenBatch.IGNORED ? 0 : 1;
    }
    return Tensors.multiply(values, Tensors.of(values.getManager(), weights, weights.length));
  }

  /** (batch, tokens, classes) → (batch · tokens, classes). */
  private static NDArray flat(NDArray said) {
    var shape = said.getShape();
    return Tensors.reshape(said, shape.get(0) * shape.get(1), shape.get(2));
  }

  private static long[] every(long[] values, int from, int step) {
    long[] some = new long[values.length / step];
    for (int i = 0; i < some.length; i++) {
      some[i] = values[from + i * step];
    }
    return some;
  }
}
