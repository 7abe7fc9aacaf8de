package io.espalier.worker.stage;

import io.espalier.worker.algorithm.minitron.MinitronTarget;
import io.espalier.worker.algorithm.minitron.cut.DepthCriterion;
import io.espalier.worker.algorithm.minitron.measure.ActivationSettings;
import io.espalier.worker.algorithm.minitron.measure.ImportanceCriterion;
import io.espalier.worker.algorithm.minitron.measure.ScoreAggregation;
import io.espalier.worker.algorithm.minitron.measure.SubnetMetric;
import io.espalier.worker.algorithm.minitron.size.DecoderDimension;
import io.espalier.worker.algorithm.minitron.size.KvCacheSize;
import io.espalier.worker.algorithm.minitron.size.SizeDivisors;
import io.espalier.worker.algorithm.minitron.size.SizeGrid;
import io.espalier.worker.algorithm.minitron.size.TargetSizes;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.checkpoint.Sharding;
import io.espalier.worker.data.text.TextSettings;
import io.espalier.worker.domain.InvalidInputException;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The {@code prune} stage of a policy, by Minitron.
 *
 * @param goal what is asked of the result
 * @param score what candidates are compared by; loss if not said
 * @param depth how it is decided which layers go; cosine if not said
 * @param overTokens how a sequence's tokens become one number; their mean if not said
 * @param overSequences how sequences do; by L2 if not said
 * @param unitScore what neurons and heads are ranked by; their contribution if not said
 * @param batches batches that units are listened to on, if it is said; else up to 128
 * @param batchSize sequences per batch; 8 if not said
 * @param activationMebibytes bound of hidden states in memory; 1024 if not said
 * @param maxLength tokens of the longest sequence, for which operations are counted too, if said
 */
record MinitronSpec(
    MinitronTarget goal,
    SubnetMetric score,
    DepthCriterion depth,
    ScoreAggregation overTokens,
    ScoreAggregation overSequences,
    ImportanceCriterion unitScore,
    OptionalInt batches,
    int batchSize,
    int activationMebibytes,
    OptionalInt maxLength) {
  /** What policies call the algorithm. */
  static final String MINITRON = "minitron";

  private static final Set<Quantity> BOUNDED = EnumSet.allOf(Quantity.class);
  private static final String EXPORT = "export";
  private static final String CONSTRAINTS = "constraints";
  private static final String CACHED_TOKENS = "sequenceLength";
  private static final String CACHED_SEQUENCES = "batchSize";
  private static final Set<String> KEYS =
      Set.of(
          "algorithm",
          EXPORT,
          CONSTRAINTS,
          "perLayer",
          "hiddenDivisor",
          "neuronDivisor",
          "expertDivisor",
          "headDivisor",
          "groupDivisor",
          "layerDivisor",
          "maxWidthPruning",
          "maxDepthPruning",
          "topK",
          "score",
          "depth",
          "sequenceAggregation",
          "batchAggregation",
          "importance",
          "loaders",
          "shardSize",
          "batches",
          "batchSize",
          "activationMebibytes",
          "maxLength");
  private static final int BATCHES = 128;
  private static final int BATCH_SIZE = 8;
  private static final int ACTIVATION_MEBIBYTES = 1024;

  /** Who must be able to open the result. */
  private enum Loaders {
    /** Any loader of the family. */
    STOCK("stock"),
    /** This project's own. */
    OWN("espalier");

    private final String key;

    Loaders(String key) {
      this.key = key;
    }

    String key() {
      return key;
    }

    boolean stock() {
      return this == STOCK;
    }
  }

  /**
   * Reads a specification as a policy has it.
   *
   * @throws InvalidInputException with everything that is wrong with it
   */
  static MinitronSpec parse(String json) {
    return new Reader(new SpecReader(json, KEYS)).read();
  }

  /** How units are listened to, with the seed of the job. */
  ActivationSettings listening(long seed) {
    return new ActivationSettings(
        batches.orElse(BATCHES),
        batchSize,
        overTokens,
        overSequences,
        unitScore,
        (long) activationMebibytes << 20,
        seed);
  }

  /** How texts become sequences. */
  TextSettings texts(long seed) {
    return new TextSettings(maxLength, OptionalInt.empty(), seed);
  }

  private record Reader(SpecReader spec) {
    MinitronSpec read() {
      spec.requireAlgorithm(MINITRON);
      Optional<MinitronTarget> goal = goal();
      SubnetMetric score =
          spec.oneOf("score", SubnetMetric.values(), SubnetMetric::key, SubnetMetric.LOSS);
      DepthCriterion depth =
          spec.oneOf("depth", DepthCriterion.values(), DepthCriterion::key, DepthCriterion.COSINE);
      ScoreAggregation overTokens = aggregation("sequenceAggregation", ScoreAggregation.MEAN);
      ScoreAggregation overSequences = aggregation("batchAggregation", ScoreAggregation.L2);
      ImportanceCriterion unitScore =
          spec.oneOf(
              "importance",
              ImportanceCriterion.values(),
              ImportanceCriterion::key,
              ImportanceCriterion.CONTRIBUTION);
      OptionalInt batches = spec.count("batches");
      int batchSize = spec.count("batchSize", BATCH_SIZE);
      int memory = spec.number("activationMebibytes", 0).orElse(ACTIVATION_MEBIBYTES);
      OptionalInt maxLength = spec.number("maxLength", 2); // the first token is never asked
      if (goal.isEmpty() || spec.hasProblems()) {
        throw spec.refusal();
      }
      return new MinitronSpec(
          goal.get(),
          score,
          depth,
          overTokens,
          overSequences,
          unitScore,
          batches,
          batchSize,
          memory,
          maxLength);
    }

    private ScoreAggregation aggregation(String key, ScoreAggregation usual) {
      return spec.oneOf(key, ScoreAggregation.values(), ScoreAggregation::key, usual);
    }

    /** Empty if something is wrong with it. */
    private Optional<MinitronTarget> goal() {
      boolean perLayer = spec.flag("perLayer");
      boolean sized = spec.says(EXPORT);
      boolean bounded = spec.says(CONSTRAINTS);
      if (sized == bounded) {
        spec.problem(
            "%s and %s: wanted one of them, found %s"
                .formatted(EXPORT, CONSTRAINTS, sized ? "both" : "neither"));
      }
      if (sized && perLayer) {
        spec.problem("perLayer: wanted with constraints, since export gives all layers one size");
      }
      Optional<TargetSizes> export = sized ? export() : Optional.empty();
      Optional<Constraints> constraints = bounded ? constraints() : Optional.empty();
      Optional<KvCacheSize> cache = constraints.flatMap(this::cache);
      SizeDivisors.Asked divisors = divisors();
      double width = spec.part("maxWidthPruning", SizeGrid.USUAL_WIDTH);
      double depth = spec.part("maxDepthPruning", SizeGrid.USUAL_DEPTH);
      int topK = spec.count("topK", MinitronTarget.USUAL_TOP);
      boolean stock = spec.oneOf("loaders", Loaders.values(), Loaders::key, Loaders.STOCK).stock();
      Sharding sharding = sharding();
      return export.isPresent() == constraints.isPresent()
          ? Optional.empty()
          : Optional.of(
              new MinitronTarget(
                  export,
                  constraints,
                  cache,
                  perLayer,
                  divisors,
                  width,
                  depth,
                  topK,
                  stock,
                  sharding));
    }

    private Optional<TargetSizes> export() {
      Map<DecoderDimension, Integer> sizes = new EnumMap<>(DecoderDimension.class);
      for (String field : spec.fields(EXPORT)) {
        String where = EXPORT + "." + field;
        Optional<DecoderDimension> size = DecoderDimension.of(field);
        if (size.isEmpty()) {
          spec.problem("%s: unknown, known are %s".formatted(where, DecoderDimension.allKeys()));
        } else if (sizes.containsKey(size.get())) {
          spec.problem("%s: the same is said by another of %s".formatted(where, size.get().keys()));
        } else {
          spec.count(where).ifPresent(number -> sizes.put(size.get(), number));
        }
      }
      if (sizes.isEmpty()) {
        spec.problem("%s: wanted at least one of %s".formatted(EXPORT, DecoderDimension.allKeys()));
      }
      return sizes.isEmpty() ? Optional.empty() : Optional.of(new TargetSizes(sizes));
    }

    private Optional<Constraints> constraints() {
      return Optional.ofNullable(
          spec.constraints(
              asked -> Constraints.ofText(asked, BOUNDED),
              Set.of(CACHED_TOKENS, CACHED_SEQUENCES)));
    }

    private Optional<KvCacheSize> cache(Constraints constraints) {
      OptionalInt tokens = spec.count(CONSTRAINTS + "." + CACHED_TOKENS);
      int sequences = spec.count(CONSTRAINTS + "." + CACHED_SEQUENCES, 1);
      boolean bounded = constraints.limits().containsKey(Quantity.MEMORY);
      if (bounded && tokens.isEmpty()) {
        spec.problem(
            "constraints.memory: wanted with sequenceLength, the number of tokens of which keys and"
                + " values count");
      }
      return tokens.isPresent()
          ? Optional.of(new KvCacheSize(tokens.getAsInt(), sequences))
          : Optional.empty();
    }

    private SizeDivisors.Asked divisors() {
      return new SizeDivisors.Asked(
          spec.count("hiddenDivisor"),
          spec.count("neuronDivisor"),
          spec.count("expertDivisor"),
          spec.count("headDivisor"),
          spec.count("groupDivisor"),
          spec.count("layerDivisor"));
    }

    private Sharding sharding() {
      Optional<String> size = spec.text("shardSize");
      if (size.isEmpty()) {
        return Sharding.asBefore();
      }
      Optional<Sharding> sharding = Sharding.of(size.get());
      if (sharding.isEmpty()) {
        spec.problem("shardSize: wanted a size such as 5GB, found %s".formatted(size.get()));
      }
      return sharding.orElse(Sharding.asBefore());
    }
  }
}
