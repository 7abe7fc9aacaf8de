package io.espalier.worker.algorithm.evaluate;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.data.TokenBatch;

/**
 * Loss of the outputs of a model that reads text.
 *
 * <p>A sum and what it is a sum over are kept apart, so that a batch can be computed in pieces.
 */
public interface TextLoss {
  /** Returns how many answers, texts or tokens a batch asks for. */
  long count(TokenBatch batch);

  /**
   * The sum of the losses of all that a batch asks for, a scalar.
   *
   * @param said what the model says, see {@link
   *     io.espalier.worker.model.family.TextNetwork#forward}
   */
  NDArray sum(NDArray said, TokenBatch batch);

  /**
   * The loss that a model of such an input is trained with.
   *
   * @throws IllegalArgumentException if nothing can be right or wrong in what it does
   */
  static TextLoss of(TextInput input) {
    return switch (input.task()) {
      case QUESTION_ANSWERING -> CrossEntropy.SPAN;
      case TEXT_CLASSIFICATION ->
          switch (input.problem()) {
            case SINGLE_LABEL -> CrossEntropy.LABEL;
            case MULTI_LABEL -> TargetLoss.BINARY_CROSS_ENTROPY;
            case REGRESSION -> TargetLoss.SQUARED_ERROR;
          };
      case TOKEN_CLASSIFICATION, FILL_MASK -> CrossEntropy.TOKEN;
      case TEXT_GENERATION -> CrossEntropy.NEXT_TOKEN;
      case FEATURE_EXTRACTION ->
          throw new IllegalArgumentException("%s has no labels".formatted(input.task().key()));
    };
  }
}
