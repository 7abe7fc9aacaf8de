package io.espalier.worker.stage;

import io.espalier.worker.algorithm.minitron.Aggregation;
import io.espalier.worker.algorithm.minitron.Cache;
import io.espalier.worker.algorithm.minitron.Depth;
import io.espalier.worker.algorithm.minitron.Divisors;
import io.espalier.worker.algorithm.minitron.Export;
import io.espalier.worker.algorithm.minitron.Goal;
import io.espalier.worker.algorithm.minitron.Grid;
import io.espalier.worker.algorithm.minitron.Listening;
import io.espalier.worker.algorithm.minitron.Score;
import io.espalier.worker.algorithm.minitron.Size;
import io.espalier.worker.algorithm.minitron.UnitScore;
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
    Goal goal,
    Score score,
    Depth depth,
    Aggregation overTokens,
    Aggregation overSequences,
    UnitScore unitScore,
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
  Listening listening(long seed) {
    return new Listening(
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
      Optional<Goal> goal = goal();
      Score score = spec.oneOf("score", Score.values(), Score::key, Score.LOSS);
      Depth depth = spec.oneOf("depth", Depth.values(), Depth::key, Depth.COSINE);
      Aggregation overTokens = aggregation("sequenceAggregation", Aggregation.MEAN);
      Aggregation overSequences = aggregation("batchAggregation", Aggregation.L2);
      UnitScore unitScore =
          spec.oneOf("importance", UnitScore.values(), UnitScore::key, UnitScore.CONTRIBUTION);
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

    private Aggregation aggregation(String key, Aggregation usual) {
      return spec.oneOf(key, Aggregation.values(), Aggregation::key, usual);
    }

    /** Empty if something is wrong with it. */
    private Optional<Goal> goal() {
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
      Optional<Export> export = sized ? export() : Optional.empty();
      Optional<Constraints> constraints = bounded ? constraints() : Optional.empty();
      Optional<Cache> cache = constraints.flatMap(this::cache);
      Divisors.Asked divisors = divisors();
      double width = spec.part("maxWidthPruning", Grid.USUAL_WIDTH);
      double depth = spec.part("maxDepthPruning", Grid.USUAL_DEPTH);
      int topK = spec.count("topK", Goal.USUAL_TOP);
      boolean stock = spec.oneOf("loaders", Loaders.values(), Loaders::key, Loaders.STOCK).stock();
      Sharding sharding = sharding();
      return export.isPresent() == constraints.isPresent()
          ? Optional.empty()
          : Optional.of(
              new Goal(
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

    private Optional<Export> export() {
      Map<Size, Integer> sizes = new EnumMap<>(Size.class);
      for (String field : spec.fields(EXPORT)) {
        String where = EXPORT + "." + field;
        Optional<Size> size = Size.of(field);
        if (size.isEmpty()) {
          spec.problem("%s: unknown, known are %s".formatted(where, Size.allKeys()));
        } else if (sizes.containsKey(size.get())) {
          spec.problem("%s: the same is said by another of %s".formatted(where, size.get().keys()));
        } else {
          spec.count(where).ifPresent(number -> sizes.put(size.get(), number));
        }
      }
      if (sizes.isEmpty()) {
        spec.problem("%s: wanted at least one of %s".formatted(EXPORT, Size.allKeys()));
      }
      return sizes.isEmpty() ? Optional.empty() : Optional.of(new Export(sizes));
    }

    private Optional<Constraints> constraints() {
      return Optional.ofNullable(
          spec.constraints(
              asked -> Constraints.ofText(asked, BOUNDED),
              Set.of(CACHED_TOKENS, CACHED_SEQUENCES)));
    }

    private Optional<Cache> cache(Constraints constraints) {
      OptionalInt tokens = spec.count(CONSTRAINTS + "." + CACHED_TOKENS);
      int sequences = spec.count(CONSTRAINTS + "." + CACHED_SEQUENCES, 1);
      boolean bounded = constraints.limits().containsKey(Quantity.MEMORY);
      if (bounded && tokens.isEmpty()) {
        spec.problem(
            "constraints.memory: wanted with sequenceLength, the number of tokens of which keys and"
                + " values count");
      }
      return tokens.isPresent()
          ? Optional.of(new Cache(tokens.getAsInt(), sequences))
          : Optional.empty();
    }

    private Divisors.Asked divisors() {
      return new Divisors.Asked(
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
