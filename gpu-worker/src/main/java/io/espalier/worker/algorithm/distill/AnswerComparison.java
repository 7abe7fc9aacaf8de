package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.tensor.Tensors;
import java.util.function.Supplier;

/** Comparison of answers, (rows, scores), by what their scores are for. */
enum AnswerComparison {
  /** Each row is a distribution over classes. */
  CLASSES {
    @Override
    AnswerTarget target(NDArray teacher, OutputSettings settings, Supplier<long[]> labels) {
      SoftTargets targets = settings.targets(teacher, labels);
      return student -> settings.loss().sum(student, targets, settings.temperature());
    }
  },
  /** Each score is that of a label which may be right or not; a row's loss is the mean of them. */
  LABELS {
    @Override
    AnswerTarget target(NDArray teacher, OutputSettings settings, Supplier<long[]> labels) {
      double share = 1.0 / teacher.getShape().get(1);
      AnswerTarget each = CLASSES.target(rightOrNot(teacher), settings, labels);
      return student -> Tensors.scale(each.loss(rightOrNot(student)), share);
    }

    /** The softmax of a score and zero is its sigmoid, and that of the score with other sign. */
    private NDArray rightOrNot(NDArray scores) {
      NDArray column = Tensors.reshape(scores, scores.size(), 1);
      return Tensors.concat(1, column, Tensors.full(scores, 0, scores.size(), 1));
    }
  },
  /** Each score is a number that is guessed: squared error, of a row the mean. */
  NUMBERS {
    @Override
    AnswerTarget target(NDArray teacher, OutputSettings settings, Supplier<long[]> labels) {
      return student -> Tensors.sum(FeatureLoss.SQUARED_ERROR.rows(student, teacher));
    }
  },
  /** Each row is the place of a text among others. */
  VECTORS {
    @Override
    AnswerTarget target(NDArray teacher, OutputSettings settings, Supplier<long[]> labels) {
      return student -> Tensors.sum(settings.vectors().rows(student, teacher));
    }
  };

  /** The comparison of what a model of texts says. */
  static AnswerComparison of(TextInput input) {
    return switch (input.task()) {
      case QUESTION_ANSWERING, TOKEN_CLASSIFICATION, FILL_MASK, TEXT_GENERATION -> CLASSES;
      case FEATURE_EXTRACTION -> VECTORS;
      case TEXT_CLASSIFICATION ->
          switch (input.problem()) {
            case SINGLE_LABEL -> CLASSES;
            case MULTI_LABEL -> LABELS;
            case REGRESSION -> NUMBERS;
          };
    };
  }

  /**
   * What a student's rows are to be.
   *
   * @param teacher its rows
   * @param labels see {@link OutputSettings#targets}
   */
  abstract AnswerTarget target(NDArray teacher, OutputSettings settings, Supplier<long[]> labels);
}
