package io.espalier.worker.algorithm.minitron.measure;

import io.espalier.worker.algorithm.minitron.size.NetworkBlueprint;
import io.espalier.worker.algorithm.minitron.size.StreamBasis;
import io.espalier.worker.data.Fingerprint;
import io.espalier.worker.domain.model.Architecture;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * Scores of the units of a decoder by how strongly they fire, and of its layers by how much they
 * change.
 *
 * @param fingerprint of everything that the numbers depend on: model, data, batches, aggregations
 * @param layers those that were watched by now, first to last
 */
public record ActivationScores(String fingerprint, List<LayerActivationScores> layers) {
  /** Activity; the list is copied. */
  public ActivationScores {
    layers = List.copyOf(layers);
  }

  /** One score per channel of the residual stream: over all normalisations of all layers. */
  public double[] hidden() {
    double[] sum = layers.get(0).of(LayerActivationScores.HIDDEN);
    for (LayerActivationScores layer : layers.subList(1, layers.size())) {
      double[] more = layer.of(LayerActivationScores.HIDDEN);
      for (int i = 0; i < sum.length; i++) {
        sum[i] += more[i];
      }
    }
    return sum;
  }

  /** One score per feed-forward neuron of a layer without experts. */
  public double[] neurons(int layer) {
    return layers.get(layer).of(LayerActivationScores.NEURONS);
  }

  /** One score per expert of a layer. */
  public double[] experts(int layer) {
    return layers.get(layer).of(LayerActivationScores.EXPERTS);
  }

  /** One score per feed-forward neuron of an expert of a layer. */
  public double[] neurons(int layer, int expert) {
    return layers.get(layer).of(LayerActivationScores.neurons(expert));
  }

  /** One score per feed-forward neuron of the expert that all tokens of a layer share. */
  public double[] sharedNeurons(int layer) {
    return layers.get(layer).of(LayerActivationScores.SHARED_NEURONS);
  }

  /** One score per attention head of a layer. */
  public double[] heads(int layer) {
    return layers.get(layer).of(LayerActivationScores.HEADS);
  }

  /**
   * One score per group of heads of a layer: the root of the squares of its heads' scores, summed.
   * Group g of G has the heads from g · H / G up to (excluding) (g + 1) · H / G. (ModelOpt 0.40
   * takes every G-th head for one group, though it cuts by this order.)
   */
  public double[] groups(int layer, int groups) {
    double[] heads = heads(layer);
    return ActivationRecorder.lengths(heads, heads.length / groups);
  }

  /** One score per layer: sum over batches of 1 - the mean cosine of what enters and leaves it. */
  public double[] distances() {
    return layers.stream().mapToDouble(LayerActivationScores::distance).toArray();
  }

  /**
   * Returns what is known of a stream along directions once it was watched.
   *
   * @param blueprint of the model that was
   */
  public StreamBasis basis(NetworkBlueprint blueprint) {
    var shares = new LinkedHashMap<String, double[]>();
    List<Architecture> pieces = blueprint.pieces().layers();
    for (int layer = 0; layer < layers.size(); layer++) {
      List<String> norms = blueprint.norms(pieces.get(layer));
      for (int which = 0; which < norms.size(); which++) {
        shares.put(norms.get(which), layers.get(layer).shareAt(which));
      }
    }
    LayerActivationScores last = layers.get(layers.size() - 1);
    blueprint.norms(blueprint.pieces().end()).forEach(norm -> shares.put(norm, last.shareAt(2)));
    return new StreamBasis(true, shares);
  }

  /**
   * The same where neurons, heads and experts are scored by what they add to the stream: how
   * strongly they fire, times the length of the weights or the number of tokens that read them.
   */
  ActivationScores contributions() {
    return new ActivationScores(
        new Fingerprint().add(fingerprint).add("times what reads").hex(),
        layers.stream().map(LayerActivationScores::contributions).toList());
  }

  /**
   * The same where heads and neurons are scored by what is lost where they go and what reads them
   * is solved for anew, as far as that was watched, and all else by what it adds to the stream.
   */
  ActivationScores residuals() {
    return new ActivationScores(
        new Fingerprint().add(fingerprint).add("residuals").hex(),
        layers.stream().map(LayerActivationScores::residuals).toList());
  }

  /** With one more layer. */
  ActivationScores with(LayerActivationScores layer) {
    var more = new ArrayList<>(layers);
    more.add(layer);
    return new ActivationScores(fingerprint, more);
  }
}
