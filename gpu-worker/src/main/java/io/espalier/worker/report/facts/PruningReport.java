package io.espalier.worker.report.facts;

import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.Profile;
import io.espalier.worker.domain.job.Interval;
import io.espalier.worker.domain.job.Reconstruction;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Everything that is told of a pruning, however it was computed, or of a training after it.
 *
 * @param model the model that was pruned
 * @param setup how it was pruned
 * @param result what came out, against what was asked for
 * @param choice what could be cut and what was
 * @param effort where the time went
 * @param reconstruction what was solved for behind the cut; empty if nothing was
 * @param data data sets that were used
 * @param learning the way of a training; empty if nothing was trained
 */
public record PruningReport(
    Model model,
    Setup setup,
    Result result,
    Choice choice,
    Effort effort,
    Optional<Reconstruction> reconstruction,
    List<DataFacts> data,
    Optional<LearningFacts> learning) {

  /**
   * The model that came out, in figures.
   *
   * @param constraints what was asked for and what was reached
   * @param metrics measurements before and after, in the order in which they are shown
   * @param latencies predicted and measured latencies; empty if none were predicted
   * @param opening who opens it
   * @param modules its linear layers, if they were quantized; else empty
   */
  public record Result(
      List<Constraint> constraints,
      List<MetricFacts> metrics,
      List<LatencyFacts> latencies,
      ResultLoaders opening,
      List<ModuleFacts> modules) {
    /** A result of which no layer was quantized. */
    public Result(
        List<Constraint> constraints,
        List<MetricFacts> metrics,
        List<LatencyFacts> latencies,
        ResultLoaders opening) {
      this(constraints, metrics, latencies, opening, List.of());
    }

    /** A result; the lists are copied. */
    public Result {
      modules = List.copyOf(modules);
      constraints = List.copyOf(constraints);
      metrics = List.copyOf(metrics);
      latencies = List.copyOf(latencies);
    }
  }

  /**
   * What could be cut, what was, and how that was decided.
   *
   * @param profile the search space; empty if there was nothing to search
   * @param axes every axis, in the order of the forward pass
   * @param units scores of single units by kind; empty if units were not scored
   * @param candidates whole models that were compared; empty if the choice was another
   * @param search how good the choice is, as far as the search can tell
   * @param curve what other budgets would have led to
   */
  public record Choice(
      Optional<Profile> profile,
      List<AxisFacts> axes,
      List<Units> units,
      List<CandidateFacts> candidates,
      Optional<Search> search,
      Curve curve) {
    /** A choice; the lists are copied. */
    public Choice {
      axes = List.copyOf(axes);
      units = List.copyOf(units);
      candidates = List.copyOf(candidates);
    }

    /** Returns the choice of whoever cuts nothing. */
    public static Choice none() {
      return new Choice(
          Optional.empty(), List.of(), List.of(), List.of(), Optional.empty(), Curve.none());
    }

    /** The axes that had more than one choice. */
    public List<AxisFacts> configurable() {
      return axes.stream().filter(AxisFacts::isConfigurable).toList();
    }

    /** All axes by kind, in the order of the forward pass; kinds that had a choice come first. */
    public Map<String, List<AxisFacts>> byKind() {
      var kinds = new LinkedHashMap<String, List<AxisFacts>>();
      configurable().forEach(axis -> kinds.putIfAbsent(axis.kind(), new ArrayList<>()));
      axes.forEach(axis -> kinds.computeIfAbsent(axis.kind(), any -> new ArrayList<>()).add(axis));
      return kinds;
    }
  }

  /**
   * The model that was pruned.
   *
   * @param name what people call it
   * @param architecture architecture within the family, such as {@code resnet50}
   * @param family such as {@code resnet}
   * @param parentDigest root digest of its files
   */
  public record Model(
      String name, String architecture, String family, Optional<String> parentDigest) {}

  /**
   * Setup of pruning.
   *
   * @param algorithm such as {@code fastnas}
   * @param version of the algorithm
   * @param device the device it ran on, in words
   * @param seed decides which images are drawn
   * @param objective what the search minimises, in words
   * @param losses what the losses of single axes are; empty if axes were not looked at one by one
   * @param facts whatever else the algorithm was told or counted
   */
  public record Setup(
      String algorithm,
      String version,
      String device,
      long seed,
      String objective,
      Optional<Losses> losses,
      List<Fact> facts) {
    /** A setup; the list is copied. */
    public Setup {
      facts = List.copyOf(facts);
    }
  }

  /**
   * Something to know of a pruning.
   *
   * @param key its name in JSON
   * @param label its name in words
   * @param text its value in words
   * @param count its value, if it is a number
   */
  public record Fact(String key, String label, String text, OptionalLong count) {
    /** A fact in words. */
    public static Fact of(String key, String label, String text) {
      return new Fact(key, label, text, OptionalLong.empty());
    }

    /** A number. */
    public static Fact of(String key, String label, long count) {
      return new Fact(key, label, Long.toString(count), OptionalLong.of(count));
    }
  }

  /**
   * One bound of the policy.
   *
   * @param bound what was asked for, and the largest value allowed
   * @param reached value of the result
   */
  public record Constraint(Budget.Bound bound, long reached) {
    /** Returns whether the result is within the bound. */
    public boolean holds() {
      return reached <= bound.limit();
    }
  }

  /**
   * One axis.
   *
   * @param name its name
   * @param kind what its units are, such as {@code heads}; axes of a kind are shown together
   * @param units its width in the model that went in
   * @param choices widths that it could have been cut to, ascending; the last is its own
   * @param losses how much score is lost when this axis alone is cut, one per choice; empty if it
   *     was not measured
   * @param costs what the model costs when this axis alone is cut, one per choice; empty if unknown
   * @param chosen its width in the result; 0 if it went with its layer
   * @param modelsScored how many models were scored to measure it
   * @param frozen why it could not be cut, if so
   */
  public record AxisFacts(
      String name,
      String kind,
      int units,
      List<Integer> choices,
      List<Double> losses,
      List<Cost> costs,
      int chosen,
      int modelsScored,
      Optional<String> frozen) {
    /** An axis; the lists are copied. */
    public AxisFacts {
      choices = List.copyOf(choices);
      losses = List.copyOf(losses);
      costs = List.copyOf(costs);
      if (chosen < 0 || chosen > units) {
        throw new IllegalArgumentException(
            "axis '%s': width %d chosen of %d".formatted(name, chosen, units));
      }
      if (!losses.isEmpty() && losses.size() != choices.size()) {
        throw new IllegalArgumentException(
            "axis '%s' has %d choices, but %d losses"
                .formatted(name, choices.size(), losses.size()));
      }
    }

    /** Returns whether there was anything to choose. */
    public boolean isConfigurable() {
      return choices.size() > 1;
    }

    /** The loss at a choice; NaN if it was not measured. */
    public double loss(int choice) {
      return losses.isEmpty() ? Double.NaN : losses.get(choice);
    }
  }

  /**
   * Scores of units of a kind.
   *
   * @param kind such as {@code heads}
   * @param ranked whether rows go from the best unit to the worst; else in the order of the model
   * @param rows one per axis, in the order of the forward pass
   */
  public record Units(String kind, boolean ranked, List<UnitRow> rows) {
    /** Scores; the list is copied. */
    public Units {
      rows = List.copyOf(rows);
    }
  }

  /**
   * A whole model that was compared with others.
   *
   * @param sizes its sizes in words
   * @param layers that stay, by their numbers in the model that went in
   * @param cost what it costs as it was foretold
   * @param score what it scored, less being better; empty if there was nothing to compare it with
   * @param chosen whether it came out
   */
  public record CandidateFacts(
      String sizes, List<Integer> layers, Cost cost, OptionalDouble score, boolean chosen) {
    /** A candidate; the list is copied. */
    public CandidateFacts {
      layers = List.copyOf(layers);
    }
  }

  /**
   * Quality of the choice, as far as the search can tell.
   *
   * @param loss what was made small
   * @param lowerBound no model within the budget has less
   * @param provenOptimal whether it was shown that none is better
   * @param steps models that the search went through
   */
  public record Search(double loss, double lowerBound, boolean provenOptimal, long steps) {}

  /**
   * Results of other budgets, as the search foretells them.
   *
   * @param points what the search would choose for other budgets, in any order; empty if unknown
   * @param chosen what it chose for this one
   * @param measured models that were in fact measured, such as the original and the result
   */
  public record Curve(List<Point> points, Optional<Point> chosen, List<Measurement> measured) {
    /** A curve; the lists are copied. */
    public Curve {
      points = List.copyOf(points);
      measured = List.copyOf(measured);
    }

    /** Nothing known. */
    public static Curve none() {
      return new Curve(List.of(), Optional.empty(), List.of());
    }

    /** Returns whether there is nothing to draw. */
    public boolean isEmpty() {
      return points.isEmpty() && chosen.isEmpty() && measured.isEmpty();
    }
  }

  /**
   * A model of the search space.
   *
   * @param cost what it costs
   * @param predictedLoss how much score it is expected to lose against the original: the sum over
   *     axes, or what a single axis loses at most, as the objective is
   */
  public record Point(Cost cost, double predictedLoss) {}

  /**
   * A model that was measured.
   *
   * @param name such as {@code original}, {@code result}
   * @param cost what it costs
   * @param score its score; more is better
   * @param lostScore score of the original less its score, both measured on the same data
   * @param accuracy its accuracy on these data, if it is known and not the score itself
   */
  public record Measurement(
      String name, Cost cost, double score, double lostScore, OptionalDouble accuracy) {}

  /**
   * Use of the time.
   *
   * @param phases one after another
   * @param modelsScored models scored in all, the original included; if losses were measured
   * @param modelsSkipped models that need not be scored, since narrower ones lost nothing already
   * @param modelsRemembered of those that were scored, the ones whose scores an earlier run left
   * @param reused fraction of full forward passes of the models that were scored which was not
   *     computed, since it was known from a model scored before; 0 to 1
   */
  public record Effort(
      List<Phase> phases,
      OptionalInt modelsScored,
      OptionalInt modelsSkipped,
      OptionalInt modelsRemembered,
      OptionalDouble reused) {
    /** An effort; the list is copied. */
    public Effort {
      phases = List.copyOf(phases);
    }

    /** Returns the effort of what was not timed. */
    public static Effort unknown() {
      return new Effort(
          List.of(),
          OptionalInt.empty(),
          OptionalInt.empty(),
          OptionalInt.empty(),
          OptionalDouble.empty());
    }

    /** All phases together. */
    public double seconds() {
      return phases.stream().mapToDouble(Phase::seconds).filter(Double::isFinite).sum();
    }

    /** The part of all time that a phase took; 0 if no time is known. */
    public double share(Phase phase) {
      double all = seconds();
      return all > 0 && Double.isFinite(phase.seconds()) ? phase.seconds() / all : 0;
    }
  }

  /**
   * A phase of the work.
   *
   * @param name in words, such as {@code sensitivity}
   * @param seconds how long it took; not negative
   */
  public record Phase(String name, double seconds) {
    /** A phase. */
    public Phase {
      if (seconds < 0) {
        throw new IllegalArgumentException(
            "phase '%s' took %s seconds; wanted at least 0".formatted(name, seconds));
      }
    }
  }

  /**
   * Latency of one model.
   *
   * @param model such as {@code original}, {@code result}
   * @param predictedMillis sum over its layers
   * @param measuredMillis as a whole, the median
   * @param range from the tenth to the ninetieth of a hundred passes, if it is known
   */
  public record LatencyFacts(
      String model,
      OptionalDouble predictedMillis,
      OptionalDouble measuredMillis,
      Optional<Interval> range) {}

  /** A report of a training, which cuts nothing. */
  public static PruningReport ofTraining(
      Model model,
      Setup setup,
      List<MetricFacts> metrics,
      LearningFacts learning,
      List<DataFacts> data,
      ResultLoaders opening) {
    return new PruningReport(
        model,
        setup,
        new Result(List.of(), metrics, List.of(), opening),
        Choice.none(),
        Effort.unknown(),
        Optional.empty(),
        data,
        Optional.of(learning));
  }

  /** A report of a quantization, which cuts nothing and learns nothing. */
  public static PruningReport ofQuantization(
      Model model, Setup setup, Result result, List<DataFacts> data) {
    return new PruningReport(
        model,
        setup,
        result,
        Choice.none(),
        Effort.unknown(),
        Optional.empty(),
        data,
        Optional.empty());
  }

  /** A report; the list is copied. */
  public PruningReport {
    data = List.copyOf(data);
  }
}
