package io.espalier.worker.stage.distill;

import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.algorithm.train.LearningRate;
import io.espalier.worker.model.KnownModel;

/**
 * Settings that a distillation has where its policy says nothing, by what the model is.
 *
 * <p>Sources: temperature 2, three epochs and more for questions as in ModelOpt's chain of BERT on
 * SQuAD; temperature 1 for text that goes on, as Minitron (arXiv 2407.14679) has it; the learning
 * rate of convolutions a tenth of what such networks are trained with, as for fine-tuning after
 * pruning in arXiv 1810.05270; that of transformers by their number of parameters N, a third of
 * {@code 0.003239 - 0.0001395 ln N} (Kaplan et al., arXiv 2001.08361, appendix D.6), as Minitron
 * takes a part of the original's.
 *
 * @param optimizer word of the optimizer
 * @param epochs passes over the data
 * @param batch samples per step
 * @param temperature that scores are divided by
 * @param parameters of the model
 */
record RecommendedSettings(
    String optimizer, double epochs, int batch, double temperature, long parameters) {
  private static final double CONVOLUTION_RATE = 0.01;
  private static final double USUAL_BATCH = 64;

  /** Numbers that a model has learned. */
  static long parameters(KnownModel model) {
    return CostModel.of(model.architecture()).cost(Widths.all()).parameters();
  }

  /** Settings of networks of convolutions. */
  static RecommendedSettings ofConvolutions(long parameters) {
    return new RecommendedSettings("sgd", 10, 64, 2, parameters);
  }

  /** Settings of transformers that read images. */
  static RecommendedSettings ofImageTransformers(long parameters) {
    return new RecommendedSettings("adamw", 10, 64, 2, parameters);
  }

  /**
   * Settings of models that read text.
   *
   * @param goesOn whether the model says which token comes next
   */
  static RecommendedSettings ofText(long parameters, boolean goesOn) {
    return new RecommendedSettings("adamw", 3, 16, goesOn ? 1 : 2, parameters);
  }

  /** The highest learning rate. */
  double learningRate(boolean sgd, int samples) {
    return sgd
        ? CONVOLUTION_RATE * samples / USUAL_BATCH
        : LearningRate.peakOfTransformers(parameters);
  }
}
