package io.espalier.worker.algorithm.prune;

import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.algorithm.search.SearchSpace;
import io.espalier.worker.checkpoint.FileTree;
import io.espalier.worker.domain.InfeasibleException;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.model.Kept;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Looks for the choice that goes out. Without a bound of latency the first one does. With one, each
 * is timed beside the original. One that is too slow is followed by another that the search is
 * asked to make faster, by as much as it was too slow; one that is much faster than it need be, by
 * a slower one: by as much as it may be slower, or halfway to the last that was too slow. What goes
 * out is timed again as it lies on disk.
 *
 * @param <S> what is chosen
 * @param <C> what is known of a cut model's files
 */
public final class CandidateSearch<S, C> {
  private static final int MOST = 8;

  /** Parts of its own time by which two models are as good as equally fast. */
  private static final double CLOSE = 0.02;

  /**
   * Times versions of a model beside it.
   *
   * @param <C> what is known of a cut model's files
   */
  public interface Timing<C> {
    /** Returns how fast the original and a version of it in memory are, in this order. */
    List<Latency> inMemory(Kept kept);

    /**
     * Returns how fast the original and a version of it in files are, in this order; nothing if
     * they are too large to be timed.
     */
    Optional<List<Latency>> inFiles(C made);
  }

  private final Cutting<S, C> cutting;
  private final LatencyRange range;
  private final Optional<LatencyBound> bound;
  private final Timing<C> timing;
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
  public CandidateSearch(
      Cutting<S, C> cutting,
      LatencyRange range,
      Optional<LatencyBound> bound,
      Timing<C> timing,
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
  public WrittenCandidate<S, C> settle(Budget budget, Path output) {
    if (bound.isEmpty()) {
      S choice = select(budget);
      return write(choice, cutting.kept(choice), output, List.of());
    }
    return new Trials(bound.get(), budget, output).settle();
  }

  private S select(Budget budget) {
    return phases.time("search", () -> cutting.select(budget));
  }

  /** The trials of one pruning. */
  private final class Trials {
    private final LatencyBound latency;
    private final Budget budget;
    private final Path output;

    /** Target of the search: nanoseconds as they are predicted. */
    private long aim;

    /** The least that was foretold for a model that turned out too slow. */
    private long tooSlow = Long.MAX_VALUE;

    private final List<TimedTrial> trials = new ArrayList<>();
    private @Nullable Tried<S> best;
    private String last = "none";

    Trials(LatencyBound latency, Budget budget, Path output) {
      this.latency = latency;
      this.budget = budget;
      this.output = output;
      this.aim = LatencyBound.limit(budget);
    }

    WrittenCandidate<S, C> settle() {
      for (int trial = 0; trial < MOST; trial++) {
        S choice = select(LatencyBound.aiming(budget, aim));
        var tried = new Tried<>(choice, cutting.kept(choice));
        List<Latency> measured = phases.time("latency", () -> timing.inMemory(tried.kept()));
        boolean goesOn = take(tried, measured) && trial + 1 < MOST;
        if (!goesOn && best != null) {
          Optional<WrittenCandidate<S, C>> found = write(best);
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
    private boolean take(Tried<S> tried, List<Latency> measured) {
      note(tried, measured);
      if (!latency.holds(measured.get(0), measured.get(1))) {
        return tooSlow(tried, measured);
      }
      boolean isNew = best == null || !best.kept().equals(tried.kept());
      best = tried;
      return isNew && latency.isFarBelow(measured) && slower(tried, measured);
    }

    private void note(Tried<S> tried, List<Latency> measured) {
      boolean holds = latency.holds(measured.get(0), measured.get(1));
      trials.add(
          new TimedTrial(
              cutting.name(tried.choice()), foretold(tried.choice()), measured.get(1), holds));
    }

    /** Asks for a slower model, if there may be one within the bound. */
    private boolean slower(Tried<S> tried, List<Latency> measured) {
      long foretold = foretold(tried.choice());
      boolean sawTooSlow = tooSlow < Long.MAX_VALUE;
      long upTo = sawTooSlow ? tooSlow : latency.slower(foretold, measured);
      if (foretold >= range.slowest() || upTo - aim <= aim * CLOSE) {
        return false;
      }
      aim = sawTooSlow ? aim + (upTo - aim) / 2 : upTo;
      return true;
    }

    private boolean tooSlow(Tried<S> tried, List<Latency> measured) {
      long foretold = foretold(tried.choice());
      last = words(latency, tried.choice(), measured);
      if (foretold <= range.fastest()) {
        throw infeasible(measured);
      }
      tooSlow = Math.min(tooSlow, foretold);
      if (best != null) {
        long fast = foretold(best.choice());
        aim = fast + (tooSlow - fast) / 2;
        return tooSlow - fast > fast * CLOSE;
      }
      aim = latency.faster(foretold, range.fastest(), measured);
      return true;
    }

    /** The best of the trials as it lies on disk, unless it is too slow there. */
    private Optional<WrittenCandidate<S, C>> write(Tried<S> tried) {
      WrittenCandidate<S, C> written =
          CandidateSearch.this.write(tried.choice(), tried.kept(), output, trials);
      List<Latency> measured =
          List.of(written.original().orElseThrow(), written.result().orElseThrow());
      if (latency.holds(measured.get(0), measured.get(1))) {
        return Optional.of(written);
      }
      FileTree.clear(output);
      best = null;
      note(tried, measured);
      tooSlow(tried, measured);
      return Optional.empty();
    }

    private InfeasibleException infeasible(List<Latency> measured) {
      return new InfeasibleException(
          Quantity.LATENCY.key(),
          Quantity.LATENCY.inUnit(latency.allowed(measured.get(0))),
          measured.get(1).medianMillis(),
          "constraint latency: %s; nothing faster is left to try. Raise the bound, or %s"
              .formatted(last, cutting.remedy()));
    }
  }

  /** A choice with the units that stay by it. */
  private record Tried<S>(S choice, Kept kept) {}

  private long foretold(S choice) {
    return cutting.cost(choice).latencyNanos();
  }

  private String words(LatencyBound latency, S choice, List<Latency> measured) {
    return String.format(
        Locale.ROOT,
        "%s allows at most %s ms, but the last model that was tried%s takes %.3f ms (the original"
            + " %.3f ms)",
        latency.limit(),
        Quantity.LATENCY.written(latency.allowed(measured.get(0))),
        cutting.name(choice).map(" (%s)"::formatted).orElse(""),
        measured.get(1).medianMillis(),
        measured.get(0).medianMillis());
  }

  private WrittenCandidate<S, C> write(S choice, Kept kept, Path output, List<TimedTrial> trials) {
    C cut = cutting.cut(kept, output);
    Optional<List<Latency>> timed = phases.time("latency", () -> timing.inFiles(cut));
    return new WrittenCandidate<>(
        choice, kept, cut, timed.map(both -> both.get(0)), timed.map(both -> both.get(1)), trials);
  }
}
