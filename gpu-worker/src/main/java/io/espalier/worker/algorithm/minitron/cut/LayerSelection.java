package io.espalier.worker.algorithm.minitron.cut;

import io.espalier.worker.algorithm.minitron.measure.ActivationScores;
import io.espalier.worker.algorithm.minitron.measure.UnitSelection;
import io.espalier.worker.algorithm.minitron.size.NetworkBlueprint;
import io.espalier.worker.domain.model.Kept;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Decides which layers stay.
 *
 * <p>Source of the two ways: ModelOpt 0.40 drops the layers of the least distance, wherever they
 * are; arXiv 2408.11796 drops a block of neighbours, chosen by a task, and finds that better.
 */
public final class LayerSelection {
  private final NetworkBlueprint blueprint;
  private final ActivationScores activity;
  private final DepthCriterion depth;
  private final CandidateScoring scoring;
  private final Map<Integer, List<Integer>> chosen = new HashMap<>();

  /**
   * Choices of layers.
   *
   * @param activity of all layers
   * @param scoring asked where every block is tried
   */
  public LayerSelection(
      NetworkBlueprint blueprint,
      ActivationScores activity,
      DepthCriterion depth,
      CandidateScoring scoring) {
    this.blueprint = blueprint;
    this.activity = activity;
    this.depth = depth;
    this.scoring = scoring;
  }

  /** The numbers of so many layers that stay, ascending. */
  public List<Integer> of(int count) {
    return chosen.computeIfAbsent(count, this::choose);
  }

  private List<Integer> choose(int count) {
    int all = blueprint.blocks().size();
    if (count == all) {
      return IntStream.range(0, all).boxed().toList();
    }
    return depth == DepthCriterion.COSINE
        ? IntStream.of(UnitSelection.first(activity.distances(), count)).boxed().toList()
        : withoutBlock(all, count);
  }

  private List<Integer> withoutBlock(int all, int count) {
    int gone = all - count;
    List<Integer> best = List.of();
    double least = Double.POSITIVE_INFINITY;
    for (int from = 0; from + gone <= all; from++) {
      int start = from;
      List<Integer> left =
          IntStream.range(0, all)
              .filter(layer -> layer < start || layer >= start + gone)
              .boxed()
              .toList();
      double score = scoring.of("layers " + left, Kept.all(), left);
      if (best.isEmpty() || score < least) {
        best = left;
        least = score;
      }
    }
    return best;
  }
}
