package io.espalier.worker.algorithm.minitron;

import io.espalier.worker.algorithm.minitron.rotate.RotatedModel;
import io.espalier.worker.algorithm.minitron.size.DecoderSizes;
import io.espalier.worker.algorithm.minitron.size.KvCacheSize;
import io.espalier.worker.algorithm.minitron.size.NetworkBlueprint;
import io.espalier.worker.algorithm.minitron.size.SizeGrid;
import io.espalier.worker.algorithm.minitron.space.CandidateSpace;
import io.espalier.worker.algorithm.minitron.space.LatencyForecast;
import io.espalier.worker.algorithm.minitron.space.PerLayerSpace;
import io.espalier.worker.algorithm.minitron.space.SizeCandidate;
import io.espalier.worker.algorithm.minitron.space.UniformCosts;
import io.espalier.worker.algorithm.minitron.space.UniformSizes;
import io.espalier.worker.algorithm.prune.FileCosts;
import io.espalier.worker.algorithm.prune.LatencyBound;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.domain.InvalidInputException;
import java.util.List;
import java.util.OptionalInt;

/**
 * Plan of a pruning before any tensor is loaded.
 *
 * @param blueprint of the model at hand
 * @param goal what is asked of it
 * @param whole what the model costs; bytes are those of its files as they are
 * @param budget what is allowed in numbers; nothing if sizes are asked for
 * @param options what there is to choose from
 */
public record MinitronPlan(
    NetworkBlueprint blueprint,
    MinitronTarget goal,
    Cost whole,
    Budget budget,
    CandidateSpace options) {
  /**
   * Looks for subnets. Latency is nobody's concern before it was foretold.
   *
   * @throws InvalidInputException if sizes do not fit the model, or there is nothing to choose
   * @throws io.espalier.worker.domain.InfeasibleException if no subnet is within the budget
   */
  public static MinitronPlan of(NetworkBlueprint blueprint, MinitronTarget goal) {
    if (goal.rotated()) {
      RotatedModel.require(blueprint);
    }
    Cost whole = FileCosts.whole(costs(blueprint, goal), blueprint.model().directory());
    return of(blueprint, goal, whole, options(blueprint, goal));
  }

  /** Tells whether the stream may become narrower by directions instead of channels. */
  boolean rotates() {
    if (!goal.rotated() || !(options instanceof CandidateSpace.Alike alike)) {
      return false;
    }
    int channels = blueprint.hidden().units();
    boolean timed = goal.constraints().flatMap(LatencyBound::of).isPresent(); // not yet foretold
    return timed
        || alike.within(budget).stream().anyMatch(each -> each.sizes().hidden() < channels);
  }

  /**
   * Plans the same for a model that says the same; what is allowed stays a part of what there was.
   *
   * @throws io.espalier.worker.domain.InfeasibleException if no subnet of it is within the budget
   */
  MinitronPlan of(NetworkBlueprint same) {
    CandidateSpace own = options(same, goal);
    own.require(budget);
    return new MinitronPlan(same, goal, whole, budget, own);
  }

  /** Returns the plan as one of the model that was given, whatever was cut in its place. */
  MinitronPlan told(NetworkBlueprint original) {
    return new MinitronPlan(original, goal, whole, budget, options);
  }

  private static MinitronPlan of(
      NetworkBlueprint blueprint, MinitronTarget goal, Cost whole, CandidateSpace options) {
    Budget budget =
        goal.constraints()
            .map(asked -> ofSamples(asked, blueprint).budget(whole))
            .orElse(new Budget(List.of()));
    options.require(budget);
    return new MinitronPlan(blueprint, goal, whole, budget, options);
  }

  /** Constraints of a whole sequence or image. */
  private static Constraints ofSamples(Constraints asked, NetworkBlueprint blueprint) {
    OptionalInt tokens = blueprint.model().sequenceLength();
    return tokens.isPresent() ? asked.ofSequences(tokens.getAsInt()) : asked;
  }

  private static CandidateSpace options(NetworkBlueprint blueprint, MinitronTarget goal) {
    if (goal.perLayer()) {
      return PerLayerSpace.of(blueprint, goal.divisors(), goal.mostWidth(), costs(blueprint, goal));
    }
    requireForeseeable(blueprint, goal);
    var costs = new UniformCosts(blueprint, goal.sharding(), goal.cache());
    DecoderSizes whole = blueprint.sizes();
    if (goal.export().isPresent()) {
      DecoderSizes sizes =
          goal.export().get().of(blueprint, goal.divisors().ofExport(whole), goal.stock());
      return new CandidateSpace.Asked(blueprint, costs, new SizeCandidate(sizes, costs.of(sizes)));
    }
    var grid =
        new SizeGrid(
            whole,
            blueprint.chosen(),
            goal.divisors().ofSearch(whole),
            goal.mostWidth(),
            goal.mostDepth());
    return new UniformSizes(blueprint, grid, costs, goal.stock(), goal.topK());
  }

  /** How long experts take depends on which of them tokens choose, so nothing foretells it. */
  private static void requireForeseeable(NetworkBlueprint blueprint, MinitronTarget goal) {
    if (goal.constraints().flatMap(LatencyBound::of).isPresent()
        && !blueprint.sparseLayers().isEmpty()) {
      throw new InvalidInputException(
          "prune.constraints.latency: wanted with models without experts, whose time can be foretold, but %s has them in %d layers; bound flops instead"
              .formatted(blueprint.model().directory().path(), blueprint.sparseLayers().size()));
    }
  }

  /**
   * The same whose costs know latency.
   *
   * @throws io.espalier.worker.domain.InfeasibleException if no subnet is foretold to be within the
   *     budget
   */
  MinitronPlan withLatency(CandidateSpace.Searched searched, LatencyForecast forecast) {
    CostModel costs = costs(blueprint, goal).withLatency(forecast.model());
    Cost timed = whole.asFound(whole.bytes(), costs.cost(Widths.all()).latencyNanos());
    return of(blueprint, goal, timed, searched.withLatency(forecast));
  }

  /**
   * Makes sure that a bound of latency can be measured.
   *
   * @param bytes for which there is memory
   * @throws InvalidInputException if latency is bounded, but the model does not fit
   */
  public void requireTimed(long bytes) {
    if (goal.constraints().flatMap(LatencyBound::of).isPresent() && !blueprint.fits(bytes)) {
      throw new InvalidInputException(
          "prune.constraints.latency: whole models are timed, but %s takes %,d bytes in float32 and activationMebibytes allows %,d; allow more, or leave latency out"
              .formatted(blueprint.model().directory().path(), blueprint.bytes(), bytes));
    }
  }

  /**
   * Makes sure that whole models fit, if candidates are to learn.
   *
   * @param bytes that the memory has room for
   * @throws InvalidInputException if they do not
   */
  public void requireLearnable(long bytes) {
    if (!blueprint.fits(bytes)) {
      throw new InvalidInputException(
          "prune.rankAfter: candidates learn as whole models, but %s takes %,d bytes in float32 and activationMebibytes allows %,d; allow more, or leave rankAfter out"
              .formatted(blueprint.model().directory().path(), blueprint.bytes(), bytes));
    }
  }

  /** Costs of subnets with all layers, latency left aside. */
  CostModel costs() {
    return costs(blueprint, goal);
  }

  /** Costs of subnets as files, and in memory if it is said of how many tokens. */
  private static CostModel costs(NetworkBlueprint blueprint, MinitronTarget goal) {
    CostModel files =
        FileCosts.of(blueprint.open(), blueprint.model().directory(), goal.sharding());
    return goal.cache()
        .map(cache -> files.withMemory(KvCacheSize.kept(blueprint), cache.bytes(blueprint)))
        .orElse(files);
  }

  /** Returns what a model that was made of the blueprint's costs as it lies there. */
  Cost cost(NetworkBlueprint made) {
    CostModel files = FileCosts.of(made.architecture(), made.model().directory());
    CostModel costs =
        goal.cache()
            .map(cache -> files.withMemory(KvCacheSize.kept(made), cache.bytes(made)))
            .orElse(files);
    return FileCosts.whole(costs, made.model().directory());
  }
}
