package io.espalier.worker.algorithm.minitron;

import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Outputs of a layer's experts for tokens, by loops in float64. */
public final class NaiveExperts {
  private final Map<String, float[]> weights = new LinkedHashMap<>();
  private final String part;
  private final String router;
  private final String prefix;
  private final List<String> linears;
  private final int count;
  private final int chosen;
  private final boolean normalised;

  /**
   * The experts of a layer of a Mixtral, a Qwen2 or a Qwen3.
   *
   * @param chosen experts of each token
   * @param normalised whether their shares are made to add up to 1
   */
  public NaiveExperts(Weights all, String layer, int count, int chosen, boolean normalised) {
    boolean mixtral = all.has(layer + ".block_sparse_moe.gate.weight");
    this.part = layer + (mixtral ? ".block_sparse_moe" : ".mlp");
    this.router = part + ".gate.weight";
    this.prefix = part + ".experts.";
    this.linears =
        mixtral ? List.of(".w1", ".w3", ".w2") : List.of(".gate_proj", ".up_proj", ".down_proj");
    this.count = count;
    this.chosen = chosen;
    this.normalised = normalised;
    all.names().stream()
        .filter(name -> name.startsWith(part))
        .forEach(name -> weights.put(name, all.get(name).toFloatArray()));
  }

  /**
   * Output of an expert on a token.
   *
   * @param activated what its neurons say
   * @param output what it adds to the stream, weighed
   */
  public record Said(List<Double> activated, List<Double> output) {
    public double length() {
      return Math.sqrt(output.stream().mapToDouble(value -> value * value).sum());
    }
  }

  /** Returns what those experts say to a token that it chooses, by their numbers. */
  public Map<Integer, Said> of(List<Double> token) {
    List<Double> scores = linear(router, token);
    double all = scores.stream().mapToDouble(Math::exp).sum();
    var order = new ArrayList<Integer>();
    for (int expert = 0; expert < count; expert++) {
      order.add(expert);
    }
    order.sort((a, b) -> Double.compare(scores.get(b), scores.get(a)));
    List<Integer> best = order.subList(0, chosen);
    double sum = best.stream().mapToDouble(expert -> Math.exp(scores.get(expert)) / all).sum();
    var said = new LinkedHashMap<Integer, Said>();
    for (int expert : best) {
      double share = Math.exp(scores.get(expert)) / all / (normalised ? sum : 1);
      said.put(expert, speak(prefix + expert, token, share));
    }
    return said;
  }

  /** Returns what the expert that all tokens share says to a token. */
  public Said shared(List<Double> token) {
    double gate = linear(part + ".shared_expert_gate.weight", token).get(0);
    return speak(part + ".shared_expert", token, 1 / (1 + Math.exp(-gate)));
  }

  private Said speak(String module, List<Double> token, double share) {
    List<Double> gate = linear(module + linears.get(0) + ".weight", token);
    List<Double> inner = linear(module + linears.get(1) + ".weight", token);
    var activated = new ArrayList<Double>();
    for (int i = 0; i < gate.size(); i++) {
      activated.add(gate.get(i) / (1 + Math.exp(-gate.get(i))) * inner.get(i));
    }
    List<Double> output = linear(module + linears.get(2) + ".weight", activated);
    return new Said(activated, output.stream().map(value -> share * value).toList());
  }

  /** A weight (out, in) times a vector. */
  private List<Double> linear(String weight, List<Double> x) {
    float[] matrix = weights.get(weight);
    var product = new ArrayList<Double>();
    for (int row = 0; row < matrix.length / x.size(); row++) {
      double sum = 0;
      for (int i = 0; i < x.size(); i++) {
        sum += matrix[row * x.size() + i] * x.get(i);
      }
      product.add(sum);
    }
    return product;
  }
}
