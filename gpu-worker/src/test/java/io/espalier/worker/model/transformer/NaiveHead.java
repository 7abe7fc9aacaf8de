package io.espalier.worker.model.transformer;

import io.espalier.worker.checkpoint.safetensors.SafetensorsFile;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.tensor.Golden;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A head with random numbers, computed by loops in float64 without the project's operators. */
final class NaiveHead {
  private static final int TOKENS = 20;

  private final int hidden;
  private final List<String> inner;
  private final float[] outputWeight;
  private final String outputBias;
  private final int outputs;
  private final double epsilon;
  private final Map<String, TensorData> tensors = new LinkedHashMap<>();

  /**
   * A head on a golden model.
   *
   * @param inner dense layer, activation, layer normalisation; or nothing
   * @param output module of the scores
   */
  NaiveHead(Golden golden, String model, String inner, String output) {
    this.hidden = golden.config().path("hidden_size").asInt(32);
    this.inner = inner.isEmpty() ? List.of() : List.of(inner.split(" ", -1));
    this.epsilon = golden.config().path("layer_norm_eps").asDouble(1e-12);
    this.outputBias = output.equals("score") ? "" : output + ".bias";
    boolean words = model.endsWith("MaskedLM");
    int labels = golden.config().path("id2label").size();
    this.outputs = words ? 99 : model.endsWith("Answering") || labels == 0 ? 2 : labels;
    for (int i = 0; i < this.inner.size(); i += 2) {
      long[] shape = i == 0 ? new long[] {hidden, hidden} : new long[] {hidden};
      tensors.put(this.inner.get(i) + ".weight", TextFilesTest.random(shape));
      tensors.put(this.inner.get(i) + ".bias", TextFilesTest.random(hidden));
    }
    if (words) {
      var file = SafetensorsFile.open(golden.directory().resolve("model.safetensors"));
      String prefix = model.startsWith("Roberta") ? "roberta" : "distilbert";
      outputWeight = TextFilesTest.floats(file.read(prefix + ".embeddings.word_embeddings.weight"));
    } else {
      TensorData weight = TextFilesTest.random(outputs, hidden);
      tensors.put(output + ".weight", weight);
      outputWeight = TextFilesTest.floats(weight);
    }
    if (!outputBias.isEmpty()) {
      tensors.put(outputBias, TextFilesTest.random(outputs));
    }
  }

  /** Its own tensors by name. */
  Map<String, TensorData> tensors() {
    return tensors;
  }

  /** The scores of all rows, one after another. */
  double[] of(float[] states, long[] mask, TextHead.Reads reads) {
    var scores = new ArrayList<Double>();
    for (int row = 0; row < mask.length / TOKENS; row++) {
      int last = 0;
      for (int token = 0; token < TOKENS; token++) {
        last = mask[row * TOKENS + token] == 1 ? token : last;
      }
      int from = reads == TextHead.Reads.LAST ? last : 0;
      int to = reads == TextHead.Reads.ALL ? TOKENS : from + 1;
      for (int token = from; token < to; token++) {
        double[] x = new double[hidden];
        for (int i = 0; i < hidden; i++) {
          x[i] = states[(row * TOKENS + token) * hidden + i];
        }
        for (double score : score(x)) {
          scores.add(score);
        }
      }
    }
    return scores.stream().mapToDouble(score -> score).toArray();
  }

  private double[] score(double[] state) {
    double[] x = state;
    if (!inner.isEmpty()) {
      x = dense(x, values(inner.get(0) + ".weight"), values(inner.get(0) + ".bias"));
      for (int i = 0; i < x.length; i++) {
        x[i] = inner.get(1).equals("RELU") ? Math.max(x[i], 0) : x[i] * normal(x[i]);
      }
    }
    if (inner.size() > 2) {
      x = norm(x, values(inner.get(2) + ".weight"), values(inner.get(2) + ".bias"));
    }
    return dense(x, outputWeight, outputBias.isEmpty() ? new float[outputs] : values(outputBias));
  }

  private float[] values(String tensor) {
    return TextFilesTest.floats(tensors.get(tensor));
  }

  private static double[] dense(double[] x, float[] weight, float[] bias) {
    double[] y = new double[bias.length];
    for (int out = 0; out < y.length; out++) {
      y[out] = bias[out];
      for (int in = 0; in < x.length; in++) {
        y[out] += weight[out * x.length + in] * x[in];
      }
    }
    return y;
  }

  private double[] norm(double[] x, float[] weight, float[] bias) {
    double mean = 0;
    double square = 0;
    for (double value : x) {
      mean += value / x.length;
      square += value * value / x.length;
    }
    double deviation = Math.sqrt(square - mean * mean + epsilon);
    double[] y = new double[x.length];
    for (int i = 0; i < y.length; i++) {
      y[i] = (x[i] - mean) / deviation * weight[i] + bias[i];
    }
    return y;
  }

  /** The normal distribution function, by the midpoint rule. */
  private static double normal(double x) {
    int steps = 2000;
    double sum = 0;
    for (int i = 0; i < steps; i++) {
      double at = (i + 0.5) / steps * x;
      sum += Math.exp(-at * at / 2);
    }
    return 0.5 + sum * x / steps / Math.sqrt(2 * Math.PI);
  }
}
