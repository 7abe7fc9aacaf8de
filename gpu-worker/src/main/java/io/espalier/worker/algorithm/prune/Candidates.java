package io.espalier.worker.algorithm.prune;

import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.algorithm.search.SearchSpace;
import io.espalier.worker.algorithm.search.Selection;
import io.espalier.worker.domain.InfeasibleException;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Looks for the choice that goes out. Without a bound of latency the first one does. With one, each
 * is timed beside the original. One that is too slow is followed by another that the search is
 * asked to make faster, by as much as it was too slow; one that is much faster than it need be, by
 * a slower one: by as much as it may be slower, or halfway to the last that was too slow. What goes
 * out is timed again as it lies on disk.
 *
 * @param <C> what is known of a cut model's files
 */
public final class Candidates<C> {
  private static final int MOST = 8;

  /** Parts of its own time by which two models are as good as equally fast. */
  private static final double CLOSE = 0.02;

  /** Times two models side by side. */
  @FunctionalInterface
  public interface Timing {
    /** How fast the original and its cut version are, in this order. */
    List<Latency> latencies(Weights original, Weights cut);
  }

  private final Cutting<C> cutting;
  private final LatencyRange range;
  private final Optional<LatencyBound> bound;
  private final Timing timing;
  private final Phases phases;

  /**
   * Latencies of the models of a space as they are foretold, in nanoseconds.
   *
   * @param fastest of the narrowest
   * @param slowest of the model at hand
   */
  public record LatencyRange(long fastest, long slowest) {
    /** Of a space. */
    public static LatencyRange of(SearchSpace space, CostModel costs) {
      return new LatencyRange(
          costs.cost(space.min()).latencyNanos(), costs.cost(space.max()).latencyNanos());
    }
  }

  /**
   * Candidates of a search.
   *
   * @param cutting the search; its costs know latency if it is bounded
   * @param range of its models
   */
  public Candidates(
      Cutting<C> cutting,
      LatencyRange range,
      Optional<LatencyBound> bound,
      Timing timing,
      Phases phases) {
    this.cutting = cutting;
    this.range = range;
    this.bound = bound;
    this.timing = timing;
    this.phases = phases;
  }

  /**
   * Leaves a candidate within the budget in the output directory.
   *
   * @throws InfeasibleException if not even the fastest model that there is is measured to be fast
   *     enough
   * @throws WorkerException if times vary so much that none settles
   */
  public Candidate<C> settle(Budget budget, Weights original, Path output) {
    if (bound.isEmpty()) {
      Selection selection = select(budget);
      return write(selection, original, output, List.of());
    }
    return new Trials(bound.get(), budget, original, output).settle();
  }

  private Selection select(Budget budget) {
    return phases.time("search", () -> cutting.select(budget));
  }

  /** The trials of one pruning. */
  private final class Trials {
    private final LatencyBound latency;
    private final Budget budget;
    private final Weights original;
    private final Path output;

    /** What the search is asked for: nanoseconds as they are foretold. */
    private long aim;

    /** The least that was foretold for a model that turned out too slow. */
    private long tooSlow = Long.MAX_VALUE;

    private final List<Trial> trials = new ArrayList<>();
    private @Nullable Selection best;
    private String last = "none";

    Trials(LatencyBound latency, Budget budget, Weights original, Path output) {
      this.latency = latency;
      this.budget = budget;
      this.original = original;
      this.output = output;
      this.aim = LatencyBound.limit(budget);
    }

    Candidate<C> settle() {
      for (int trial = 0; trial < MOST; trial++) {
        Selection selection = select(LatencyBound.aiming(budget, aim));
        Kept kept = cutting.kept(selection.widths());
        List<Latency> measured = phases.time("latency", () -> tried(original, kept));
        boolean goesOn = take(selection, measured) && trial + 1 < MOST;
        if (!goesOn && best != null) {
          Optional<Candidate<C>> found = write(best);
          if (found.isPresent()) {
            return found.get();
          }
        }
      }
      throw new WorkerException(
          "no model stayed within the latency bound in %d trials; the last: %s. Times vary too much on this device; try again when it does less, or raise the bound"
              .formatted(MOST, last),
          true,
          null);
    }

    /** Takes note of a trial; whether another one is worth it. */
    private boolean take(Selection selection, List<Latency> measured) {
      note(selection, measured);
      if (!latency.holds(measured.get(0), measured.get(1))) {
        return tooSlow(selection, measured);
      }
      boolean isNew = best == null || !best.widths().equals(selection.widths());
      best = selection;
      return isNew && latency.isFarBelow(measured) && slower(selection, measured);
    }

    private void note(Selection selection, List<Latency> measured) {
      boolean holds = latency.holds(measured.get(0), measured.get(1));
      trials.add(new Trial(selection.cost().latencyNanos(), measured.get(1), holds));
    }

    /** Asks for a slower model, if there may be one within the bound. */
    private boolean slower(Selection selection, List<Latency> measured) {
      long foretold = selection.cost().latencyNanos();
      boolean sawTooSlow = tooSlow < Long.MAX_VALUE;
      long upTo = sawTooSlow ? tooSlow : latency.slower(foretold, measured);
      if (foretold >= range.slowest() || upTo - aim <= aim * CLOSE) {
        return false;
      }
      aim = sawTooSlow ? aim + (upTo - aim) / 2 : upTo;
      return true;
    }

    private boolean tooSlow(Selection selection, List<Latency> measured) {
      long foretold = selection.cost().latencyNanos();
      last = words(latency, measured);
      if (foretold <= range.fastest()) {
        throw infeasible(measured);
      }
      tooSlow = Math.min(tooSlow, foretold);
      if (best != null) {
        long fast = best.cost().latencyNanos();
        aim = fast + (tooSlow - fast) / 2;
        return tooSlow - fast > fast * CLOSE;
      }
      aim = latency.faster(foretold, range.fastest(), measured);
      return true;
    }

    /** The best of the trials as it lies on disk, unless it is too slow there. */
    private Optional<Candidate<C>> write(Selection selection) {
      Candidate<C> written = Candidates.this.write(selection, original, output, trials);
      if (latency.holds(written.original(), written.result())) {
        return Optional.of(written);
      }
      clear(output);
      best = null;
      List<Latency> measured = List.of(written.original(), written.result());
      note(selection, measured);
      tooSlow(selection, measured);
      return Optional.empty();
    }

    private InfeasibleException infeasible(List<Latency> measured) {
      return new InfeasibleException(
          Quantity.LATENCY.key(),
          Quantity.LATENCY.inUnit(latency.allowed(measured.get(0))),
          measured.get(1).medianMillis(),
          "constraint latency: %s; nothing faster is left to try. Raise the bound, or allow narrower layers by a smaller divisor of channels or neurons"
              .formatted(words(latency, measured)));
    }
  }

  private static String words(LatencyBound latency, List<Latency> measured) {
    return String.format(
        Locale.ROOT,
        "%s allows at most %s ms, but the last model that was tried takes %.3f ms (the original"
            + " %.3f ms)",
        latency.limit(),
        Quantity.LATENCY.written(latency.allowed(measured.get(0))),
        measured.get(1).medianMillis(),
        measured.get(0).medianMillis());
  }

  private List<Latency> tried(Weights original, Kept kept) {
    try (Weights cut = original.keep(kept)) {
      return timing.latencies(original, cut);
    }
  }

  private List<Latency> timed(Weights original, C cut) {
    try (Weights result = cutting.load(cut)) {
      return timing.latencies(original, result);
    }
  }

  private Candidate<C> write(
      Selection selection, Weights original, Path output, List<Trial> trials) {
    Kept kept = cutting.kept(selection.widths());
    C cut = cutting.cut(kept, output);
    List<Latency> timed = phases.time("latency", () -> timed(original, cut));
    return new Candidate<>(selection, kept, cut, timed.get(0), timed.get(1), trials);
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
