package io.espalier.worker.algorithm.fastnas;

import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.algorithm.search.Selection;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.Surgery;
import io.espalier.worker.domain.InfeasibleException;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Looks for the choice that goes out. Without a bound of latency the first one does. With one, each
 * is timed beside the original, first in memory and then as it lies on disk; one that is too slow
 * is followed by another that the search is asked to make faster, by as much as it was too slow.
 */
final class Candidates {
  private static final int MOST = 6;

  /** Times two models side by side. */
  @FunctionalInterface
  interface Timing {
    /** How fast the original and its cut version are, in this order. */
    List<Latency> latencies(Weights original, Weights cut);
  }

  private final Plan plan;
  private final FastNas fastNas;
  private final SensitivityMap map;
  private final Optional<LatencyBound> bound;
  private final Timing timing;
  private final Phases phases;

  /**
   * Candidates of a plan.
   *
   * @param plan its costs know latency if it is bounded
   */
  Candidates(
      Plan plan,
      FastNas fastNas,
      SensitivityMap map,
      Optional<LatencyBound> bound,
      Timing timing,
      Phases phases) {
    this.plan = plan;
    this.fastNas = fastNas;
    this.map = map;
    this.bound = bound;
    this.timing = timing;
    this.phases = phases;
  }

  /**
   * Leaves a candidate within the budget in the output directory.
   *
   * @throws InfeasibleException if not even the narrowest model that the other bounds leave is
   *     measured to be fast enough
   * @throws WorkerException if times vary so much that none settles
   */
  Candidate settle(Budget budget, Weights original, Path output) {
    Budget aim = budget;
    @Nullable List<Latency> last = null;
    for (int i = 0; i < MOST; i++) {
      Budget allowed = aim;
      Selection selection = phases.time("search", () -> fastNas.select(map, plan.costs(), allowed));
      Kept kept = fastNas.kept(map, selection.widths());
      if (bound.isPresent()) {
        last = phases.time("latency", () -> tried(original, kept));
      }
      if (last == null || holds(last)) {
        Plan cut = write(kept, output);
        List<Latency> timed = phases.time("latency", () -> timed(original, cut));
        if (holds(timed)) {
          return new Candidate(selection, kept, cut, timed.get(0), timed.get(1));
        }
        clear(output);
        last = timed;
      }
      aim = tightened(aim, selection, last);
    }
    throw new WorkerException(
        "no model stayed within the latency bound in %d trials; the last: %s. Times vary too much on this device; try again when it does less, or raise the bound"
            .formatted(MOST, last == null ? "none" : words(last)),
        true,
        null);
  }

  /** A budget for a faster model; that of the fastest there is if nothing less will do. */
  private Budget tightened(Budget aim, Selection selection, List<Latency> measured) {
    LatencyBound latency = bound.orElseThrow();
    long fastest = plan.costs().cost(plan.space().min()).latencyNanos();
    if (selection.cost().latencyNanos() <= fastest) {
      throw new InfeasibleException(
          Quantity.LATENCY.key(),
          Quantity.LATENCY.inUnit(latency.allowed(measured.get(0))),
          measured.get(1).medianMillis(),
          "constraint latency: %s; nothing faster is left to try. Raise the bound, or allow narrower layers by a smaller channel divisor"
              .formatted(words(measured)));
    }
    return latency.tightened(aim, selection.cost().latencyNanos(), fastest, measured);
  }

  private String words(List<Latency> measured) {
    LatencyBound latency = bound.orElseThrow();
    return String.format(
        Locale.ROOT,
        "%s allows at most %s ms, but the last model that was tried takes %.3f ms (the original %.3f ms)",
        latency.limit(),
        Quantity.LATENCY.written(latency.allowed(measured.get(0))),
        measured.get(1).medianMillis(),
        measured.get(0).medianMillis());
  }

  private boolean holds(List<Latency> measured) {
    return bound.isEmpty() || bound.get().holds(measured.get(0), measured.get(1));
  }

  private List<Latency> tried(Weights original, Kept kept) {
    try (Weights cut = original.keep(kept)) {
      return timing.latencies(original, cut);
    }
  }

  private List<Latency> timed(Weights original, Plan cut) {
    try (Weights result = Weights.load(cut.model(), cut.architecture())) {
      return timing.latencies(original, result);
    }
  }

  private Plan write(Kept kept, Path output) {
    phases.time("surgery", () -> Surgery.cut(plan.model(), plan.architecture(), kept, output));
    Plan cut = Plan.of(ModelDirectory.open(output), 1);
    phases.time("calibration", () -> fastNas.calibrate(cut));
    return cut;
  }

  /** Removes a candidate that must not go out. */
  private static void clear(Path output) {
    try (Stream<Path> files = Files.walk(output)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        if (!file.equals(output)) {
          Files.delete(file);
        }
      }
    } catch (IOException e) {
      throw new WorkerException("cannot clear %s: %s".formatted(output, e), true, e);
    }
  }
}
