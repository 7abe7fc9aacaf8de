package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.tensor.Tensors;
import java.util.stream.IntStream;

/** Rows of what a network says of sequences that something is asked of, by its task. */
enum AskedRows {
  /** Of each sequence the scores of being the first, then those of being the last token. */
  SPANS {
    @Override
    NDArray rows(NDArray said, TokenBatch batch) {
      long tokens = batch.length();
      float[] never = new float[batch.mask().length];
      for (int i = 0; i < never.length; i++) {
        never[i] = batch.mask()[i] == 1 ? 0 : NEVER;
      }
      NDArray padding = Tensors.of(said.getManager(), never, batch.rows(), 1, tokens);
      NDArray scores = Tensors.transpose(said, 1, 2); // (batch, 2, tokens)
      return Tensors.reshape(
          Tensors.add(scores, Tensors.inTypeOf(said, padding)), 2L * batch.rows(), tokens);
    }

    @Override
    int[] answers(TokenBatch batch) {
      return one(batch);
    }

    @Override
    double share() {
      return 0.5;
    }

    @Override
    long[] labels(TokenBatch batch) {
      return batch.labels();
    }
  },
  /** What is said of each sequence. */
  TEXTS {
    @Override
    NDArray rows(NDArray said, TokenBatch batch) {
      return said;
    }

    @Override
    int[] answers(TokenBatch batch) {
      return one(batch);
    }

    @Override
    long[] labels(TokenBatch batch) {
      return batch.labels();
    }
  },
  /** Scores of each token that has a label; of all real tokens where none is known. */
  TOKENS {
    @Override
    boolean asks(TokenBatch batch, int token) {
      return batch.labels().length > 0
          ? batch.labels()[token] != TokenBatch.IGNORED
          : batch.mask()[token] == 1;
    }

    @Override
    long[] labels(TokenBatch batch) {
      return IntStream.of(places(batch)).mapToLong(place -> batch.labels()[place]).toArray();
    }
  },
  /**
   * Scores of the token that comes next, where that has a label; where none is known, wherever a
   * real token comes next.
   */
  NEXT_TOKENS {
    @Override
    boolean asks(TokenBatch batch, int token) {
      return (token + 1) % batch.length() != 0 && TOKENS.asks(batch, token + 1);
    }

    @Override
    long[] labels(TokenBatch batch) {
      return IntStream.of(places(batch)).mapToLong(place -> batch.labels()[place + 1]).toArray();
    }
  };

  /**
   * So much less than any score that softmax makes nothing of it; finite whatever temperature it is
   * divided by, so that none becomes NaN.
   */
  static final float NEVER = -1e9f;

  /** The rows that a task asks for. */
  static AskedRows of(TextTask task) {
    return switch (task) {
      case QUESTION_ANSWERING -> SPANS;
      case TEXT_CLASSIFICATION, FEATURE_EXTRACTION -> TEXTS;
      case TOKEN_CLASSIFICATION, FILL_MASK -> TOKENS;
      case TEXT_GENERATION -> NEXT_TOKENS;
    };
  }

  /** (rows, scores), sequence after sequence. */
  NDArray rows(NDArray said, TokenBatch batch) {
    long scores = said.getShape().get(2);
    NDArray flat = Tensors.reshape(said, said.size() / scores, scores);
    int[] places = places(batch);
    return places.length == batch.ids().length ? flat : Tensors.select(flat, 0, places);
  }

  /** Number of answers that are asked of each sequence. */
  int[] answers(TokenBatch batch) {
    int[] answers = new int[batch.rows()];
    for (int place : places(batch)) {
      answers[place / batch.length()]++;
    }
    return answers;
  }

  /** Part of an answer that a row is. */
  double share() {
    return 1;
  }

  /** The right class of each row, where labels are known. */
  abstract long[] labels(TokenBatch batch);

  /** Tells whether a row is what is said of a token, by its place among those of the batch. */
  boolean asks(TokenBatch batch, int token) {
    return true;
  }

  /** Places of tokens that are asked, ascending. */
  final int[] places(TokenBatch batch) {
    return IntStream.range(0, batch.ids().length).filter(i -> asks(batch, i)).toArray();
  }

  private static int[] one(TokenBatch batch) {
    return IntStream.range(0, batch.rows()).map(row -> 1).toArray();
  }
}
