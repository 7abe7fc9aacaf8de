package io.espalier.worker.zoo;

import io.espalier.worker.data.Batch;

/** Softmax regression by stochastic gradient descent, one image at a time. */
final class LinearModel {
  private LinearModel() {}

  /** For each class the weights of all pixels, then the bias. */
  static double[][] fit(Batch images, int classes, int epochs, double rate) {
    int pixels = images.pixels().length / images.size();
    var weights = new double[classes][pixels + 1];
    for (int epoch = 0; epoch < epochs; epoch++) {
      double step = rate * (epochs - epoch) / epochs;
      for (int image = 0; image < images.size(); image++) {
        double[] share = softmax(scores(weights, images, image));
        for (int c = 0; c < classes; c++) {
          double gradient = share[c] - (images.labels()[image] == c ? 1 : 0);
          for (int p = 0; p < pixels; p++) {
            weights[c][p] -= step * gradient * images.pixels()[image * pixels + p];
          }
          weights[c][pixels] -= step * gradient;
        }
      }
    }
    return weights;
  }

  static double accuracy(double[][] weights, Batch images) {
    int hits = 0;
    for (int image = 0; image < images.size(); image++) {
      double[] scores = scores(weights, images, image);
      int best = 0;
      for (int c = 1; c < scores.length; c++) {
        best = scores[c] > scores[best] ? c : best;
      }
      hits += best == images.labels()[image] ? 1 : 0;
    }
    return (double) hits / images.size();
  }

  private static double[] scores(double[][] weights, Batch images, int image) {
    int pixels = weights[0].length - 1;
    var scores = new double[weights.length];
    for (int c = 0; c < weights.length; c++) {
      scores[c] = weights[c][pixels];
      for (int p = 0; p < pixels; p++) {
        scores[c] += weights[c][p] * images.pixels()[image * pixels + p];
      }
    }
    return scores;
  }

  private static double[] softmax(double[] scores) {
    double top = Double.NEGATIVE_INFINITY;
    for (double score : scores) {
      top = Math.max(top, score);
    }
    double sum = 0;
    for (int c = 0; c < scores.length; c++) {
      scores[c] = StrictMath.exp(scores[c] - top);
      sum += scores[c];
    }
    for (int c = 0; c < scores.length; c++) {
      scores[c] /= sum;
    }
    return scores;
  }
}
