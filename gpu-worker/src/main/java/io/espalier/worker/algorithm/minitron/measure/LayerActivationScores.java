package io.espalier.worker.algorithm.minitron.measure;

import io.espalier.worker.algorithm.minitron.size.LayerExperts;
import io.espalier.worker.algorithm.minitron.size.NetworkBlueprint;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.tensor.Weights;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Strength of the activations of a layer's units, and of the layer's change to its input.
 *
 * @param units one score per unit, by what they are: {@value #NEURONS}, or {@value #EXPERTS} and
 *     the {@linkplain #neurons neurons of each} and {@value #SHARED_NEURONS}; {@value #HEADS}; and
 *     {@value #HIDDEN} for what the layer's normalisations say of each channel of the stream.
 *     Beside them the lengths of the weights that read neurons and heads, how many tokens read
 *     experts, and of a stream along directions how much of it the first of them have
 * @param distance sum over batches of 1 - the mean cosine of what enters and what leaves
 */
public record LayerActivationScores(Map<String, double[]> units, double distance) {
  static final String NEURONS = "neurons";

  /** Name here for the experts of a layer. */
  public static final String EXPERTS = "experts";

  static final String SHARED_NEURONS = "neurons of the shared expert";
  static final String HEADS = "heads";
  static final String HIDDEN = "hidden";

  /** Activity; everything is copied. */
  public LayerActivationScores {
    units = copy(units);
  }

  /** Returns what the neurons of an expert are called among units. */
  static String neurons(int expert) {
    return "%s of expert %d".formatted(NEURONS, expert);
  }

  /**
   * Returns what is called so among units that says how much of the stream the first directions
   * have.
   */
  private static String share(int which) {
    return "length of the stream at " + which;
  }

  /** Returns what is called so among units by which the scores of a kind become what they add. */
  private static String readers(String kind) {
    return "what reads " + kind;
  }

  /**
   * Returns what a watch has seen of a layer.
   *
   * @param weights of the layer
   */
  static LayerActivationScores of(
      ActivationRecorder watch, NetworkBlueprint blueprint, int layer, Weights weights) {
    var units = new LinkedHashMap<String, double[]>();
    feedForward(blueprint, layer)
        .forEach(
            (kind, axis) ->
                units.put(kind, kind.equals(EXPERTS) ? watch.experts(axis) : watch.neurons(axis)));
    units.put(HEADS, watch.heads(blueprint.headSize()));
    units.put(HIDDEN, watch.hidden());
    watch.shares().forEach((which, share) -> units.put(share(which), share));
    Map<String, List<Layer>> consumers = weights.architecture().consumers();
    read(blueprint, layer)
        .forEach(
            (kind, axis) ->
                units.put(
                    readers(kind),
                    kind.equals(EXPERTS) ? watch.readers(axis) : norms(consumers, axis, weights)));
    return new LayerActivationScores(units, watch.distance());
  }

  /** Returns how many units of each kind a layer has. */
  public static Map<String, Integer> counts(NetworkBlueprint blueprint, int layer) {
    var counts = new LinkedHashMap<String, Integer>();
    axes(blueprint, layer).forEach((kind, axis) -> counts.put(kind, axis.units()));
    read(blueprint, layer).forEach((kind, axis) -> counts.put(readers(kind), axis.units()));
    return counts;
  }

  /** The axes of what is scored in a layer, by what their units are. */
  public static Map<String, Axis> axes(NetworkBlueprint blueprint, int layer) {
    Map<String, Axis> axes = feedForward(blueprint, layer);
    axes.put(HEADS, blueprint.heads(layer));
    axes.put(HIDDEN, blueprint.hidden());
    return axes;
  }

  /** Kinds of units that one matrix or some tokens read, by their axes. */
  private static Map<String, Axis> read(NetworkBlueprint blueprint, int layer) {
    Map<String, Axis> axes = axes(blueprint, layer);
    axes.remove(HIDDEN);
    return axes;
  }

  private static double[] norms(Map<String, List<Layer>> consumers, Axis axis, Weights weights) {
    List<Layer> own = consumers.getOrDefault(axis.name(), List.of());
    if (own.size() != 1) {
      throw new IllegalStateException(
          "'%s' was to be read by one matrix, not %d".formatted(axis.name(), own.size()));
    }
    return ReaderWeightNorms.of(own.get(0), axis, weights);
  }

  /**
   * The same where units that one matrix reads are scored by what they add through it, and experts
   * by what they add to all tokens together.
   */
  LayerActivationScores contributions() {
    Map<String, double[]> all = units();
    all.forEach(
        (kind, scores) -> {
          double[] factors = all.getOrDefault(readers(kind), new double[0]);
          for (int unit = 0; unit < factors.length; unit++) {
            scores[unit] *= factors[unit];
          }
        });
    return new LayerActivationScores(all, distance);
  }

  private static String residual(String kind) {
    return "residual of " + kind;
  }

  /** The axes of heads, and of neurons that all tokens go through, by what they are. */
  static Map<String, Axis> solvable(NetworkBlueprint blueprint, int layer) {
    Map<String, Axis> axes = axes(blueprint, layer);
    axes.keySet().retainAll(List.of(HEADS, NEURONS));
    return axes;
  }

  /**
   * The same with what is lost where units go and what reads them is solved for anew.
   *
   * @param scores by what the units are
   */
  LayerActivationScores withResiduals(Map<String, double[]> scores) {
    Map<String, double[]> all = units();
    scores.forEach((kind, values) -> all.put(residual(kind), values));
    return new LayerActivationScores(all, distance);
  }

  /** The same by what is lost, as far as that is known, and else by what units add. */
  LayerActivationScores residuals() {
    Map<String, double[]> all = contributions().units();
    units().keySet().stream()
        .filter(kind -> units.containsKey(residual(kind)))
        .forEach(kind -> all.put(kind, of(residual(kind))));
    return new LayerActivationScores(all, distance);
  }

  /** The axes of the feed-forward part of a layer, by what their units are. */
  private static Map<String, Axis> feedForward(NetworkBlueprint blueprint, int layer) {
    var axes = new LinkedHashMap<String, Axis>();
    Optional<LayerExperts> sparse = blueprint.experts(layer);
    if (sparse.isEmpty()) {
      axes.put(NEURONS, blueprint.neurons(layer));
      return axes;
    }
    axes.put(EXPERTS, sparse.get().counted());
    List<Axis> neurons = sparse.get().neurons();
    for (int expert = 0; expert < neurons.size(); expert++) {
      axes.put(neurons(expert), neurons.get(expert));
    }
    sparse.get().shared().ifPresent(axis -> axes.put(SHARED_NEURONS, axis));
    return axes;
  }

  @Override
  public Map<String, double[]> units() {
    return copy(units);
  }

  /**
   * Returns the part of what a normalisation reads that the first directions of the stream have.
   *
   * @param which as {@link StreamInputs} counts
   */
  double[] shareAt(int which) {
    return of(share(which));
  }

  /** The scores of one kind of unit. */
  double[] of(String kind) {
    return Objects.requireNonNull(units.get(kind), kind).clone();
  }

  private static Map<String, double[]> copy(Map<String, double[]> all) {
    var copy = new LinkedHashMap<String, double[]>();
    all.forEach((kind, values) -> copy.put(kind, values.clone()));
    return copy;
  }
}
