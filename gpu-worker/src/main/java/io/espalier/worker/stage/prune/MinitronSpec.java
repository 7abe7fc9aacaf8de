package io.espalier.worker.stage.prune;

import io.espalier.schemas.setting.Setting;
import io.espalier.schemas.setting.Settings;
import io.espalier.schemas.stage.MinitronKeys;
import io.espalier.schemas.stage.PruneKeys;
import io.espalier.worker.algorithm.minitron.MinitronSettings;
import io.espalier.worker.algorithm.minitron.MinitronTarget;
import io.espalier.worker.algorithm.minitron.cut.DepthCriterion;
import io.espalier.worker.algorithm.minitron.measure.ActivationSettings;
import io.espalier.worker.algorithm.minitron.measure.ImportanceCriterion;
import io.espalier.worker.algorithm.minitron.measure.ScoreAggregation;
import io.espalier.worker.algorithm.minitron.measure.SubnetMetric;
import io.espalier.worker.algorithm.minitron.size.DecoderDimension;
import io.espalier.worker.algorithm.minitron.size.KvCacheSize;
import io.espalier.worker.algorithm.minitron.size.SizeDivisors;
import io.espalier.worker.algorithm.minitron.size.TargetSizes;
import io.espalier.worker.algorithm.reconstruct.ReconstructionMode;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.checkpoint.surgery.Sharding;
import io.espalier.worker.data.text.TextSettings;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.TextTask;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * The {@code prune} stage of a policy, by Minitron.
 *
 * @param said what the policy says
 * @param goal what is asked of the result
 */
public record MinitronSpec(Settings said, MinitronTarget goal) {
  private static final int BATCHES = 128;

  /** The word for any loader of a family. */
  private static final String STOCK = "stock";

  /** The word for directions of the stream instead of channels. */
  private static final String ROTATION = "rotation";

  /**
   * Reads a specification as a policy has it.
   *
   * @throws InvalidInputException with everything that is wrong with it
   */
  public static MinitronSpec parse(String json) {
    return new Reader(PruneReader.of(MinitronKeys.MINITRON, json)).read();
  }

  /** Returns what candidates are compared by. */
  public SubnetMetric score() {
    return said.get(MinitronKeys.SCORE, SubnetMetric.values(), SubnetMetric::key);
  }

  /** Returns how it is decided which layers go. */
  public DepthCriterion depth() {
    return said.get(MinitronKeys.DEPTH, DepthCriterion.values(), DepthCriterion::key);
  }

  /** Returns how units are scored, candidates compared and layers chosen. */
  MinitronSettings settings(long seed) {
    return new MinitronSettings(listening(seed), score(), depth(), reconstruct(), rankAfter());
  }

  /** Returns whether layers behind the cut are solved for anew. */
  ReconstructionMode reconstruct() {
    return said.get(PruneKeys.RECONSTRUCT, ReconstructionMode.values(), ReconstructionMode::key);
  }

  /** Steps for which candidates learn before they are compared; empty if they do not. */
  OptionalInt rankAfter() {
    return said.says(MinitronKeys.RANK_AFTER)
        ? OptionalInt.of(said.get(MinitronKeys.RANK_AFTER).get(PruneKeys.RANK_STEPS))
        : OptionalInt.empty();
  }

  /** Returns the name of what candidates are compared by. */
  String scoreName() {
    return rankAfter().isPresent() ? "lossAfterLearning" : score().key();
  }

  /** Batches that units are listened to on, if it is said; else up to 128. */
  OptionalInt batches() {
    return said.number(MinitronKeys.BATCHES);
  }

  /** Sequences per batch. */
  int batchSize() {
    return said.get(MinitronKeys.BATCH_SIZE);
  }

  /** Returns how units are listened to, with the seed of the job. */
  public ActivationSettings listening(long seed) {
    return new ActivationSettings(
        batches().orElse(BATCHES),
        batchSize(),
        aggregation(MinitronKeys.SEQUENCE_AGGREGATION),
        aggregation(MinitronKeys.BATCH_AGGREGATION),
        said.get(MinitronKeys.IMPORTANCE, ImportanceCriterion.values(), ImportanceCriterion::key),
        (long) said.get(PruneKeys.ACTIVATION_MEBIBYTES) << 20,
        seed);
  }

  /** Returns whether subnets are compared by a score. */
  boolean compares() {
    boolean fewerLayers =
        goal.export()
            .filter(sizes -> sizes.asked().containsKey(DecoderDimension.LAYERS))
            .isPresent();
    return goal.export().isPresent()
        ? fewerLayers && depth() == DepthCriterion.CONTIGUOUS
        : !goal.perLayer();
  }

  /** Returns what of it is not for models that tell images apart, if anything is. */
  Optional<String> unfitForImages() {
    if (goal.constraints().filter(Constraints::perToken).isPresent()) {
      return Optional.of(
          "prune.constraints.%s: this is said of models for %s, but this one tells images apart; bound flops"
              .formatted(Constraints.FLOPS_PER_TOKEN, TextTask.TEXT_GENERATION.key()));
    }
    if (goal.cache().isPresent()) {
      return Optional.of(
          "prune.constraints.%s: models for %s keep keys and values, but this one tells images apart; bound bytes"
              .formatted(MinitronKeys.SEQUENCE_LENGTH.name(), TextTask.TEXT_GENERATION.key()));
    }
    return Stream.of(MinitronKeys.MAX_LENGTH, MinitronKeys.RANK_AFTER)
        .filter(said::says)
        .map(
            key ->
                "prune.%s is for models that read text, but this one tells images apart; leave it out"
                    .formatted(key.name()))
        .findFirst();
  }

  private ScoreAggregation aggregation(Setting<String> key) {
    return said.get(key, ScoreAggregation.values(), ScoreAggregation::key);
  }

  /** Returns how texts become sequences. */
  TextSettings texts(long seed) {
    return new TextSettings(said.number(MinitronKeys.MAX_LENGTH), OptionalInt.empty(), seed);
  }

  private record Reader(PruneReader spec) {
    MinitronSpec read() {
      Optional<TargetSizes> export = said().find(MinitronKeys.EXPORT).flatMap(this::sizes);
      Optional<Constraints> constraints =
          spec.constraints(
              MinitronKeys.CONSTRAINTS,
              asked -> Constraints.ofText(asked, EnumSet.allOf(Quantity.class)));
      Optional<KvCacheSize> cache = said().find(MinitronKeys.CONSTRAINTS).flatMap(this::cache);
      if (said().says(MinitronKeys.EXPORT) && said().get(MinitronKeys.PER_LAYER)) {
        spec.problem("perLayer: wanted with constraints, since export gives all layers one size");
      }
      if (said().says(MinitronKeys.RANK_AFTER)
          && (said().says(MinitronKeys.EXPORT) || said().get(MinitronKeys.PER_LAYER))) {
        spec.problem(
            "rankAfter: wanted with constraints and without perLayer, since else there are no"
                + " candidates to compare");
      }
      if (said().get(MinitronKeys.PER_LAYER)
          && said().get(MinitronKeys.IMPORTANCE).equals(ImportanceCriterion.RESIDUAL.key())) {
        spec.problem(
            "importance: residual says in which order units of a layer go, not what they are worth"
                + " beside those of other layers; leave perLayer out, or ask for importance:"
                + " contribution");
      }
      Sharding sharding = sharding();
      boolean rotated = said().get(MinitronKeys.HIDDEN).equals(ROTATION);
      if (rotated && said().get(MinitronKeys.PER_LAYER)) {
        spec.problem("hidden: rotation is for a narrower stream, which perLayer leaves as it is");
      }
      spec.requireSound();
      return new MinitronSpec(
          said(),
          new MinitronTarget(
              export,
              constraints,
              cache,
              said().get(MinitronKeys.PER_LAYER),
              divisors(),
              said().get(MinitronKeys.MAX_WIDTH_PRUNING),
              said().get(MinitronKeys.MAX_DEPTH_PRUNING),
              said().get(MinitronKeys.TOP_K),
              said().get(MinitronKeys.LOADERS).equals(STOCK),
              sharding,
              rotated));
    }

    private Settings said() {
      return spec.settings();
    }

    private Optional<TargetSizes> sizes(Settings export) {
      Map<DecoderDimension, Integer> sizes = new EnumMap<>(DecoderDimension.class);
      for (Map.Entry<String, String> field : export.used().entrySet()) {
        DecoderDimension size =
            DecoderDimension.of(field.getKey())
                .orElseThrow(
                    () ->
                        new IllegalStateException(
                            "'%s' is declared, but known are %s"
                                .formatted(field.getKey(), DecoderDimension.allKeys())));
        if (sizes.put(size, Integer.valueOf(field.getValue())) != null) {
          spec.problem(
              "export.%s: the same is said by another of %s"
                  .formatted(field.getKey(), size.keys()));
        }
      }
      return sizes.isEmpty() ? Optional.empty() : Optional.of(new TargetSizes(sizes));
    }

    private Optional<KvCacheSize> cache(Settings constraints) {
      Optional<Integer> tokens = constraints.find(MinitronKeys.SEQUENCE_LENGTH);
      if (constraints.says(MinitronKeys.MEMORY) && tokens.isEmpty()) {
        spec.problem(
            "constraints.memory: wanted with sequenceLength, the number of tokens of which keys and"
                + " values count");
      }
      return tokens.map(length -> new KvCacheSize(length, constraints.get(MinitronKeys.SEQUENCES)));
    }

    private SizeDivisors.Asked divisors() {
      return new SizeDivisors.Asked(
          said().number(MinitronKeys.HIDDEN_DIVISOR),
          said().number(MinitronKeys.NEURON_DIVISOR),
          said().number(MinitronKeys.EXPERT_DIVISOR),
          said().number(MinitronKeys.HEAD_DIVISOR),
          said().number(MinitronKeys.GROUP_DIVISOR),
          said().number(MinitronKeys.LAYER_DIVISOR));
    }

    private Sharding sharding() {
      Optional<String> size = said().find(MinitronKeys.SHARD_SIZE);
      Optional<Sharding> sharding = size.flatMap(Sharding::of);
      if (size.isPresent() && sharding.isEmpty()) {
        spec.problem("shardSize: wanted a size such as 5GB, found %s".formatted(size.get()));
      }
      return sharding.orElse(Sharding.asBefore());
    }
  }
}
