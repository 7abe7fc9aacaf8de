package io.espalier.worker.model.transformer;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.tensor.Tensors;
import java.util.Arrays;
import java.util.OptionalDouble;
import java.util.function.UnaryOperator;

/** Attention of tokens to each other. */
public final class SelfAttention {
  /** So much less than any score that softmax makes nothing of it; finite, so none becomes NaN. */
  private static final double NEVER = -Float.MAX_VALUE;

  private SelfAttention() {}

  /** (batch, tokens, heads · size) → (batch, heads, tokens, size). */
  public static NDArray split(NDArray x, int size) {
    long rows = x.getShape().get(0);
    long tokens = x.getShape().get(1);
    return Tensors.transpose(
        Tensors.reshape(x, rows, tokens, x.getShape().get(2) / size, size), 1, 2);
  }

  /** (batch, heads, tokens, size) → (batch, tokens, heads · size). */
  public static NDArray join(NDArray x) {
    var shape = x.getShape();
    return Tensors.reshape(
        Tensors.transpose(x, 1, 2), shape.get(0), shape.get(2), shape.get(1) * shape.get(3));
  }

  /**
   * Returns what is added to scores so that nobody looks at padding.
   *
   * @param mask (batch, tokens), int64, 1 for a real token
   * @param like an array of the scores' type
   * @return (batch, 1, 1, tokens)
   */
  static NDArray ofRealTokens(NDArray mask, NDArray like) {
    NDArray padding = Tensors.add(Tensors.negate(Tensors.inTypeOf(like, mask)), 1);
    return Tensors.reshape(
        Tensors.scale(padding, NEVER), mask.getShape().get(0), 1, 1, mask.getShape().get(1));
  }

  /**
   * Returns what is added to scores so that nobody looks at padding or ahead; otherwise as {@link
   * #ofRealTokens}.
   *
   * @return (batch, 1, tokens, tokens)
   */
  static NDArray ofEarlierTokens(NDArray mask, NDArray like) {
    return ofNearTokens(mask, like, Integer.MAX_VALUE);
  }

  /**
   * Returns what is added to scores so that nobody looks at padding, ahead, or far back; otherwise
   * as {@link #ofRealTokens}.
   *
   * @param window how many tokens are seen: itself and those right before it
   * @return (batch, 1, tokens, tokens)
   */
  static NDArray ofNearTokens(NDArray mask, NDArray like, int window) {
    long rows = mask.getShape().get(0);
    int tokens = Math.toIntExact(mask.getShape().get(1));
    float[] earlier = new float[Math.multiplyExact(tokens, tokens)];
    for (int query = 0; query < tokens; query++) {
      int first = Math.max(0, query - window + 1);
      Arrays.fill(earlier, query * tokens + first, query * tokens + query + 1, 1);
    }
    NDArray order = Tensors.of(like.getManager(), earlier, 1, 1, tokens, tokens);
    NDArray real = Tensors.reshape(Tensors.inTypeOf(like, mask), rows, 1, 1, tokens);
    NDArray seen = Tensors.multiply(Tensors.inTypeOf(like, order), real);
    return Tensors.scale(Tensors.add(Tensors.negate(seen), 1), NEVER);
  }

  /**
   * Returns what heads say: values weighed by softmax(query · keyᵀ / √size + mask). Heads share
   * keys and values in groups, neighbours with neighbours, if there are fewer of these.
   *
   * @param query (batch, heads, tokens, size)
   * @param key (batch, groups, tokens, size)
   * @param value (batch, groups, tokens, size)
   * @param mask what is added to scores, of a shape that broadcasts to (batch, heads, tokens,
   *     tokens)
   * @return (batch, heads, tokens, size)
   */
  public static NDArray of(NDArray query, NDArray key, NDArray value, NDArray mask) {
    return of(query, key, value, mask, scores -> scores);
  }

  /**
   * The same, whose scores can be watched.
   *
   * @param watched takes scores as {@link io.espalier.worker.model.family.ForwardHooks#attention}
   */
  static NDArray of(
      NDArray query, NDArray key, NDArray value, NDArray mask, UnaryOperator<NDArray> watched) {
    double scale = 1 / Math.sqrt((double) query.getShape().get(3));
    return of(query, key, value, new Scoring(mask, scale, OptionalDouble.empty()), watched);
  }

  /**
   * Scoring by queries and keys.
   *
   * @param mask what is added to scores, of a shape that broadcasts to (batch, heads, tokens,
   *     tokens)
   * @param scale what scores are multiplied by
   * @param cap what they are kept within before the mask is added, if they are
   */
  public record Scoring(NDArray mask, double scale, OptionalDouble cap) {}

  /** Returns what heads say, by scores of another kind; otherwise as {@link #of}. */
  public static NDArray of(NDArray query, NDArray key, NDArray value, Scoring scoring) {
    return of(query, key, value, scoring, scores -> scores);
  }

  /** The same, whose scores can be watched. */
  static NDArray of(
      NDArray query, NDArray key, NDArray value, Scoring scoring, UnaryOperator<NDArray> watched) {
    long heads = query.getShape().get(1);
    NDArray keys = Tensors.transpose(shared(key, heads), 2, 3);
    NDArray scores =
        Tensors.matMul(
            Tensors.scale(query, scoring.scale()), keys); // queries are smaller than scores
    NDArray kept = scoring.cap().isPresent() ? capped(scores, scoring.cap().getAsDouble()) : scores;
    NDArray masked = watched.apply(Tensors.add(kept, scoring.mask()));
    return Tensors.matMul(Tensors.softmax(masked, 3), shared(value, heads));
  }

  /** Scores within a bound: cap · tanh(scores / cap). */
  static NDArray capped(NDArray scores, double cap) {
    return Tensors.scale(Tensors.tanh(Tensors.scale(scores, 1 / cap)), cap);
  }

  /** (batch, groups, tokens, size) → (batch, heads, tokens, size). */
  private static NDArray shared(NDArray x, long heads) {
    long groups = x.getShape().get(1);
    return groups == heads ? x : Tensors.repeat(x, 1, heads / groups);
  }
}
