package io.espalier.worker.stage.distill;

import io.espalier.schemas.setting.Setting;
import io.espalier.schemas.setting.Settings;
import io.espalier.schemas.stage.DistillKeys;
import io.espalier.worker.algorithm.distill.AttentionDistance;
import io.espalier.worker.algorithm.distill.AttentionLoss;
import io.espalier.worker.algorithm.distill.Balance;
import io.espalier.worker.algorithm.distill.FeatureLoss;
import io.espalier.worker.algorithm.distill.InnerLoss;
import io.espalier.worker.algorithm.distill.InnerTerm;
import io.espalier.worker.algorithm.distill.MaskedGeneration;
import io.espalier.worker.algorithm.distill.ProjectedLoss;
import io.espalier.worker.algorithm.distill.RotatedLoss;
import io.espalier.worker.algorithm.layerwise.LayerOrigins;
import io.espalier.worker.algorithm.minitron.rotate.KeptDirections;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Settings of what is learned besides outputs.
 *
 * @param said what a policy says of the stage
 */
record InnerSpec(Settings said) {
  private static final Map<Setting<Settings>, Setting<String>> BALANCES = new LinkedHashMap<>();

  static {
    BALANCES.put(DistillKeys.HIDDEN, DistillKeys.HIDDEN_BALANCE);
    BALANCES.put(DistillKeys.ATTENTION, DistillKeys.ATTENTION_BALANCE);
    BALANCES.put(DistillKeys.FEATURES, DistillKeys.FEATURES_BALANCE);
  }

  /** Tells what is said that cannot be. */
  void check(Consumer<String> problem) {
    List<String> names = BALANCES.keySet().stream().filter(said::says).map(Setting::name).toList();
    if (said.says(DistillKeys.TEACHER_TOP_K) && !names.isEmpty()) {
      problem.accept(
          "%s: what the teacher computes on the way is not kept; leave out %s or teacherTopK"
              .formatted(names.get(0), String.join(", ", names)));
    }
    List<String> balances = balances();
    if (balances.size() > 1) {
      problem.accept(
          "%s.balance: wanted one balance of all that is learned on the way, found %s; say the same for each"
              .formatted(names.get(names.size() - 1), balances));
    }
  }

  private List<String> balances() {
    List<String> found = new ArrayList<>();
    BALANCES.forEach(
        (group, balance) -> {
          if (said.says(group)) {
            found.add(said.get(group).get(balance));
          }
        });
    return found.stream().distinct().toList();
  }

  /** Returns how their weights are meant. */
  Balance balance() {
    return balances().contains("static") ? Balance.STATIC : Balance.DYNAMIC;
  }

  boolean learnsHidden() {
    return said.says(DistillKeys.HIDDEN);
  }

  boolean learnsAttention() {
    return said.says(DistillKeys.ATTENTION);
  }

  boolean learnsFeatures() {
    return said.says(DistillKeys.FEATURES);
  }

  /** Returns whether channels of feature maps are compared one by one. */
  boolean comparesFeatures() {
    return learnsFeatures()
        && said.get(DistillKeys.FEATURES).get(DistillKeys.FEATURES_LOSS).equals("mse");
  }

  /** Returns whether a layer that is trained along stands between hidden states. */
  boolean projects() {
    return learnsHidden() && hidden().get(DistillKeys.HIDDEN_MAP).equals("projection");
  }

  private Settings hidden() {
    return said.get(DistillKeys.HIDDEN);
  }

  private FeatureLoss hiddenLoss() {
    return hidden().get(DistillKeys.HIDDEN_LOSS).equals("cosine")
        ? FeatureLoss.COSINE
        : FeatureLoss.SQUARED_ERROR;
  }

  /** Returns whether units of the student are compared with those of the teacher that they were. */
  boolean needsOrigins() {
    return (learnsHidden() && !projects()) || learnsAttention() || comparesFeatures();
  }

  /** Losses of hidden states by their origin. */
  List<InnerTerm> hidden(LayerOrigins origins) {
    double weight = hidden().get(DistillKeys.HIDDEN_WEIGHT);
    if (origins.directions().isPresent()) {
      KeptDirections kept = origins.directions().get();
      return RotatedLoss.ofLayers(
          origins.layers(),
          new RotatedLoss.Directions(kept.count(), kept.width(), kept.rows()),
          hiddenLoss(),
          weight);
    }
    return List.copyOf(
        InnerLoss.ofLayers(origins.layers(), origins.channels(), hiddenLoss(), weight));
  }

  /**
   * Losses of hidden states behind a layer that is trained along.
   *
   * @param layers for each layer of the student, which of the teacher's it is compared with
   */
  List<InnerTerm> projected(List<Integer> layers, ProjectedLoss.Projection projection) {
    return ProjectedLoss.ofLayers(
        layers, projection, hiddenLoss(), hidden().get(DistillKeys.HIDDEN_WEIGHT));
  }

  /** Losses of attention. */
  List<InnerTerm> attention(List<Lineage.Heads> layers) {
    Settings attention = said.get(DistillKeys.ATTENTION);
    return AttentionLoss.ofLayers(
        layers.stream().map(Lineage.Heads::layer).toList(),
        layers.stream().map(Lineage.Heads::heads).toList(),
        attention.get(DistillKeys.ATTENTION_LOSS).equals("mse")
            ? AttentionDistance.SQUARED_SCORES
            : AttentionDistance.DIVERGENCE,
        attention.get(DistillKeys.ATTENTION_WEIGHT));
  }

  /**
   * Losses of feature maps, channel by channel.
   *
   * @param kept which of the teacher's channels each of the student's is, for each place
   */
  List<InnerTerm> features(FeaturePlaces at, List<List<Integer>> kept) {
    double weight = featureWeight(at);
    List<InnerTerm> terms = new ArrayList<>();
    for (int i = 0; i < kept.size(); i++) {
      int section = at.places().get(i).section();
      terms.add(new InnerLoss(section, section, kept.get(i), FeatureLoss.SQUARED_ERROR, weight));
    }
    return terms;
  }

  /**
   * Losses of feature maps that are generated from a part of the student's.
   *
   * @param seed of what is trained along
   */
  List<InnerTerm> generation(FeaturePlaces at, long seed) {
    List<InnerTerm> terms = new ArrayList<>();
    for (FeaturePlaces.Place place : at.places()) {
      var widths = new MaskedGeneration.Widths(place.student(), place.teacher());
      terms.add(
          new MaskedGeneration(
              place.section(),
              place.section(),
              widths,
              MaskedGeneration.COVERED,
              seed,
              featureWeight(at)));
    }
    return terms;
  }

  private double featureWeight(FeaturePlaces at) {
    return said.get(DistillKeys.FEATURES).get(DistillKeys.FEATURES_WEIGHT) / at.places().size();
  }
}
