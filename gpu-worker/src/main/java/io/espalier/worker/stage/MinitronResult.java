package io.espalier.worker.stage;

import io.espalier.worker.algorithm.minitron.Blueprint;
import io.espalier.worker.algorithm.minitron.Goal;
import io.espalier.worker.algorithm.minitron.Listening;
import io.espalier.worker.algorithm.minitron.Minitron;
import io.espalier.worker.algorithm.minitron.MinitronPlan;
import io.espalier.worker.algorithm.minitron.MinitronPruning;
import io.espalier.worker.algorithm.minitron.Scored;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Stack;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What a pruning by Minitron leaves behind beside weights and config.json: its report,
 * espalier.json.
 *
 * @param dataset where the data lie that it was judged by
 */
record MinitronResult(
    StageJob job,
    MinitronSpec spec,
    MinitronPlan plan,
    MinitronPruning.Result pruned,
    URI dataset) {
  private static final String LOSS = "loss";
  private static final String PERPLEXITY = "perplexity";

  /** Names of the metrics that a pruning reports. */
  static Set<String> metricNames(Blueprint blueprint, Goal goal, Listening settings) {
    var names = new LinkedHashSet<String>();
    exact(goal).forEach(quantity -> names.add(quantity.key()));
    names.addAll(List.of(LOSS, PERPLEXITY));
    if (blueprint.fits(settings.stateBytes())) {
      names.add(PruningSummary.LATENCY);
    }
    return names;
  }

  private static List<Quantity> exact(Goal goal) {
    var quantities = new ArrayList<>(List.of(Quantity.PARAMETERS, Quantity.FLOPS, Quantity.BYTES));
    if (goal.cache().isPresent()) {
      quantities.add(Quantity.MEMORY);
    }
    return quantities;
  }

  /** What is said to whoever ordered the pruning. */
  StageReport report() {
    return new StageReport(
        MinitronSpec.MINITRON, Minitron.VERSION, change(), metrics(), loadsIn(), pruned.device());
  }

  /** Completes the output directory. */
  void write(StageReport report, String datasetDigest) {
    var files = new ResultFiles(job, plan.blueprint().model().directory().rootDigest());
    var widths = new LinkedHashMap<String, Integer>();
    pruned.model().architecture().axes().forEach(axis -> widths.put(axis.name(), axis.units()));
    files.markWidths(widths);
    files.writeProvenance(
        report, datasetDigest, pruned.kept(), pruned.model().architecture().shapes(), note());
  }

  /** Those of the family, but for what it would refuse of these sizes. */
  private List<String> loadsIn() {
    var loaders =
        new ArrayList<>(pruned.model().family().loadsIn(pruned.model().directory().config()));
    if (pruned.misfit().isPresent()) {
      loaders.remove("transformers");
    }
    return loaders;
  }

  private String note() {
    return pruned
        .misfit()
        .map(why -> "loaders of the family refuse it: " + why)
        .orElse("all layers of a kind are alike, so any loader of the family opens it");
  }

  private Map<String, String> change() {
    var change = new LinkedHashMap<String, String>();
    for (Budget.Bound bound : plan.budget().bounds()) {
      String key = "constraints." + bound.quantity().key();
      change.put(key + ".asked", bound.asked());
      change.put(key + ".limit", Long.toString(bound.limit()));
      change.put(key + ".reached", Long.toString(bound.quantity().of(pruned.after())));
    }
    for (Axis axis : plan.blueprint().architecture().choices().values()) {
      if (pruned.kept().width(axis) < axis.units()) {
        change.put("widths." + place(axis), axis.units() + " -> " + pruned.kept().width(axis));
      }
    }
    candidates(change);
    settings(change);
    return change;
  }

  /** The name of an axis; experts of a layer are equally wide, so of many one line is enough. */
  private String place(Axis axis) {
    for (Stack stack : plan.blueprint().architecture().stacks()) {
      OptionalInt expert =
          stack.shared().isPresent() ? stack.unit(axis.name()) : OptionalInt.empty();
      if (expert.isPresent()) {
        String module = stack.module(expert.getAsInt());
        return stack.prefix() + "*" + axis.name().substring(module.length());
      }
    }
    return axis.name();
  }

  private void candidates(Map<String, String> change) {
    List<Scored> candidates = pruned.candidates();
    for (int i = 0; i < candidates.size(); i++) {
      String key = "candidate." + (i + 1);
      Scored candidate = candidates.get(i);
      change.put(key + ".sizes", candidate.name());
      change.put(key + ".layers", candidate.layers().toString());
      for (Quantity quantity : exact(plan.goal())) {
        change.put(key + "." + quantity.key(), Long.toString(quantity.of(candidate.cost())));
      }
      candidate
          .score()
          .ifPresent(score -> change.put(key + "." + spec.score().key(), Double.toString(score)));
    }
    change.put("candidate.chosen", Integer.toString(pruned.chosen() + 1));
  }

  private void settings(Map<String, String> change) {
    change.put("seed", Long.toString(job.seed()));
    change.put("batchSize", Integer.toString(spec.batchSize()));
    change.put("batches", Integer.toString(pruned.batches()));
    change.put("tokens", Integer.toString(plan.blueprint().model().tokens()));
    change.put("sequenceAggregation", spec.overTokens().key());
    change.put("batchAggregation", spec.overSequences().key());
    change.put("importance", spec.unitScore().key());
    change.put("score", spec.score().key());
    change.put("depth", spec.depth().key());
  }

  private List<Metric> metrics() {
    var metrics = new ArrayList<Metric>();
    for (Quantity quantity : exact(plan.goal())) {
      metrics.add(exact(quantity, pruned.before(), pruned.after()));
    }
    metrics.add(judged(LOSS, "nats", pruned.lossBefore(), pruned.lossAfter()));
    metrics.add(
        judged(PERPLEXITY, "tokens", Math.exp(pruned.lossBefore()), Math.exp(pruned.lossAfter())));
    pruned
        .latencies()
        .ifPresent(
            latencies ->
                metrics.add(
                    new Metric(
                        PruningSummary.LATENCY,
                        "milliseconds",
                        OptionalDouble.of(latencies.get(0).medianMillis()),
                        OptionalDouble.of(latencies.get(1).medianMillis()),
                        false,
                        Optional.empty(),
                        OptionalLong.of(latencies.get(1).repetitions()))));
    return metrics;
  }

  private static Metric exact(Quantity quantity, Cost before, Cost after) {
    boolean bytes = quantity == Quantity.BYTES || quantity == Quantity.MEMORY;
    return Metric.exact(
        quantity.key(),
        bytes ? "bytes" : "count",
        (double) quantity.of(before),
        (double) quantity.of(after));
  }

  private Metric judged(String name, String unit, double before, double after) {
    return new Metric(
        name,
        unit,
        OptionalDouble.of(before),
        OptionalDouble.of(after),
        false,
        Optional.of(dataset.toString()),
        OptionalLong.of(pruned.samples()));
  }
}
