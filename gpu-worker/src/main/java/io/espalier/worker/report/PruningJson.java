package io.espalier.worker.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.Profile;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.domain.job.Interval;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.report.facts.DataFacts;
import io.espalier.worker.report.facts.MetricFacts;
import io.espalier.worker.report.facts.PruningReport;
import io.espalier.worker.report.facts.PruningReport.AxisFacts;
import io.espalier.worker.report.facts.PruningReport.Constraint;
import io.espalier.worker.report.facts.PruningReport.Curve;
import io.espalier.worker.report.facts.PruningReport.Effort;
import io.espalier.worker.report.facts.PruningReport.LatencyFacts;
import io.espalier.worker.report.facts.ResultLoaders;
import io.espalier.worker.report.facts.Uncertainty;
import io.espalier.worker.report.facts.UnitRow;
import java.util.OptionalDouble;

/**
 * A report as JSON. What is not known is left out; a list that is empty is there. NaN and infinity,
 * which JSON has not, are the texts {@code "NaN"}, {@code "Infinity"}, {@code "-Infinity"}. A cost
 * is an object with {@code flops}, {@code parameters}, {@code bytes}, and {@code latency} (in
 * nanoseconds) and {@code memory} if they are known.
 *
 * <ul>
 *   <li>{@code format}: 1; grows when a key changes its meaning or goes, not when one is added
 *   <li>{@code model}: {@code name}, {@code architecture}, {@code family}, {@code parentDigest}
 *   <li>{@code setup}: {@code algorithm}, {@code version}, {@code device}, {@code seed}, {@code
 *       objective}, {@code losses} ({@code measured} on cut models, or {@code summed} scores of the
 *       units that go; not there if whole models were compared); of FastNAS also {@code score},
 *       {@code importance}, {@code calibrationImages}, {@code scoreImages}; of GradNAS also {@code
 *       score}, {@code normalisation}, {@code output}, {@code batches}, {@code batchSize}, {@code
 *       sequences}, {@code samples}, {@code tokens}; of Minitron also {@code score}, {@code depth},
 *       {@code sequenceAggregation}, {@code batchAggregation}, {@code batches}, {@code batchSize},
 *       {@code samples}, {@code tokens}
 *   <li>{@code constraints[]}: {@code quantity}, {@code asked}, {@code limit}, {@code reached},
 *       {@code holds}
 *   <li>{@code metrics[]}: {@code name}, {@code unit}, {@code higherIsBetter}, {@code before},
 *       {@code after}, {@code dataset}, {@code samples}, {@code interval} if it is known how sure
 *       it is: {@code kind} ({@code bootstrap}, {@code wilson}, both of 95 %, or {@code
 *       percentiles}, the tenth to the ninetieth), {@code before[]}, {@code after[]}, {@code
 *       change[]} (each the two ends), {@code withinNoise}
 *   <li>{@code profile}, if there was a search: {@code axes} (number with a choice), {@code
 *       spaceSize} (digits, as a text since it may be larger than what programs read as a number),
 *       {@code min}, {@code centroid}, {@code max} (costs), {@code ratio} (by quantity), {@code
 *       constraints[]} ({@code quantity}, {@code asked}, {@code limit}, {@code satisfiable}),
 *       {@code advice}
 *   <li>{@code axes[]}, in the order of the forward pass: {@code name}, {@code kind}, {@code
 *       units}, {@code choices[]}, {@code losses[]}, {@code costs[]} (one per choice, or empty),
 *       {@code chosen}, {@code modelsScored}, {@code frozen} (the reason)
 *   <li>{@code units[]}, scores of single units: {@code kind}, {@code ranked} (from the best to the
 *       worst; else in the order of the model), {@code rows[]}, each with {@code axis} and for its
 *       cells {@code units[]} (how many), {@code scores[]} (their mean), {@code kept[]} (how many
 *       stay)
 *   <li>{@code candidates[]}, whole models that were compared, the largest first: {@code sizes} (in
 *       words), {@code layers[]} (those that stay, by their numbers), {@code cost}, {@code score}
 *       (less is better), {@code chosen}
 *   <li>{@code search}: {@code loss}, {@code lowerBound}, {@code provenOptimal}, {@code steps}
 *   <li>{@code curve}: {@code points[]} ({@code cost}, {@code predictedLoss}, which is the sum over
 *       axes or the largest of an axis as the objective is), {@code chosen} (such a point), {@code
 *       measured[]} ({@code name}, {@code cost}, {@code score}, {@code lostScore}, {@code
 *       accuracy})
 *   <li>{@code effort}: {@code phases[]} ({@code name}, {@code seconds}, {@code share}), {@code
 *       seconds}, {@code modelsScored}, {@code modelsSkipped} (since narrower ones lost nothing),
 *       {@code modelsRemembered} (of those scored, whose scores an earlier run left), {@code
 *       reused} (fraction of the passes of those scored that was known before)
 *   <li>{@code latencies[]}: {@code model}, {@code predictedMillis}, {@code measuredMillis}, {@code
 *       measuredRange[]} (the tenth and the ninetieth of a hundred)
 *   <li>{@code reconstruction}, if layers were solved for: {@code chosen} (the version that went
 *       out), {@code samples} (held out), {@code versions[]} ({@code name}, {@code divergence} from
 *       the original in nats), {@code layers[]} ({@code layer}, {@code errorBefore}, {@code
 *       errorAfter} as shares of the variance, {@code lambda}, {@code solved}, {@code samples},
 *       {@code unknowns})
 *   <li>{@code learning}, if it was trained: {@code measure} (on held-out samples), {@code unit},
 *       {@code teacher} (its value), {@code best} (position of the point that went out), {@code
 *       points[]} ({@code step}, {@code loss} of the steps before it, {@code value})
 *   <li>{@code modules[]}, linear layers, if they were quantized: {@code module}, {@code format},
 *       {@code shape} (in words), {@code bits} of a weight, {@code error} of the weights as a share
 *       of them, {@code reason} why it stays
 *   <li>{@code data[]}: {@code use}, {@code uri}, {@code digest}
 *   <li>{@code opening}: {@code loaders[]} ({@code name}, {@code lines[]}), {@code note}
 *   <li>{@code warnings[]}: sentences
 *   <li>{@code identity}, once it is known: see {@link ResultIdentityJson}
 * </ul>
 */
final class PruningJson {
  private static final int FORMAT = 1;
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private PruningJson() {}

  /** The report as the content of a file. */
  static String text(PruningReport report) {
    return of(report).toPrettyString() + "\n";
  }

  static ObjectNode of(PruningReport report) {
    ObjectNode root = NODES.objectNode().put("format", FORMAT);
    root.set("model", model(report.model()));
    root.set("setup", setup(report.setup()));
    ArrayNode constraints = root.putArray("constraints");
    report.result().constraints().forEach(constraint -> constraints.add(constraint(constraint)));
    ArrayNode metrics = root.putArray("metrics");
    report.result().metrics().forEach(metric -> metrics.add(metric(metric)));
    report.choice().profile().ifPresent(profile -> root.set("profile", profile(profile)));
    ArrayNode axes = root.putArray("axes");
    report.choice().axes().forEach(axis -> axes.add(axis(axis)));
    ArrayNode units = root.putArray("units");
    report.choice().units().forEach(kind -> units.add(units(kind)));
    ArrayNode candidates = root.putArray("candidates");
    report.choice().candidates().forEach(candidate -> candidates.add(candidate(candidate)));
    report.choice().search().ifPresent(search -> root.set("search", search(search)));
    root.set("curve", curve(report.choice().curve()));
    root.set("effort", effort(report.effort()));
    ArrayNode latencies = root.putArray("latencies");
    report.result().latencies().forEach(latency -> latencies.add(latency(latency)));
    report
        .reconstruction()
        .ifPresent(done -> root.set("reconstruction", ReconstructionSection.json(done)));
    report.learning().ifPresent(learning -> root.set("learning", LearningSection.json(learning)));
    if (!report.result().modules().isEmpty()) {
      root.set("modules", ModuleTable.json(report.result().modules()));
    }
    ArrayNode data = root.putArray("data");
    report.data().forEach(set -> data.add(data(set)));
    root.set("opening", opening(report.result().opening()));
    ArrayNode warnings = root.putArray("warnings");
    ReportWarnings.of(report).forEach(warnings::add);
    return root;
  }

  private static ObjectNode model(PruningReport.Model model) {
    ObjectNode node =
        NODES
            .objectNode()
            .put("name", model.name())
            .put("architecture", model.architecture())
            .put("family", model.family());
    model.parentDigest().ifPresent(digest -> node.put("parentDigest", digest));
    return node;
  }

  private static ObjectNode setup(PruningReport.Setup setup) {
    ObjectNode node =
        NODES
            .objectNode()
            .put("algorithm", setup.algorithm())
            .put("version", setup.version())
            .put("device", setup.device())
            .put("seed", setup.seed())
            .put("objective", setup.objective());
    setup.losses().ifPresent(losses -> node.put("losses", losses.key()));
    for (PruningReport.Fact fact : setup.facts()) {
      if (fact.count().isPresent()) {
        node.put(fact.key(), fact.count().getAsLong());
      } else {
        node.put(fact.key(), fact.text());
      }
    }
    return node;
  }

  private static ObjectNode constraint(Constraint constraint) {
    return bound(constraint.bound())
        .put("reached", constraint.reached())
        .put("holds", constraint.holds());
  }

  private static ObjectNode bound(Budget.Bound bound) {
    return NODES
        .objectNode()
        .put("quantity", bound.quantity().key())
        .put("asked", bound.asked())
        .put("limit", bound.limit());
  }

  private static ObjectNode metric(MetricFacts facts) {
    Metric metric = facts.metric();
    ObjectNode node =
        NODES
            .objectNode()
            .put("name", metric.name())
            .put("unit", metric.unit())
            .put("higherIsBetter", metric.higherIsBetter());
    put(node, "before", metric.before());
    put(node, "after", metric.after());
    metric.dataset().ifPresent(uri -> node.put("dataset", uri));
    metric.samples().ifPresent(samples -> node.put("samples", samples));
    facts.uncertainty().ifPresent(uncertainty -> node.set("interval", interval(uncertainty)));
    return node;
  }

  private static ObjectNode interval(Uncertainty uncertainty) {
    ObjectNode node = NODES.objectNode().put("kind", uncertainty.kind().key());
    ends(node, "before", uncertainty.before());
    ends(node, "after", uncertainty.after());
    uncertainty.change().ifPresent(change -> ends(node, "change", change));
    return node.put("withinNoise", uncertainty.isWithinNoise());
  }

  private static void ends(ObjectNode node, String key, Interval interval) {
    ArrayNode ends = node.putArray(key);
    add(ends, interval.low());
    add(ends, interval.high());
  }

  private static ObjectNode profile(Profile profile) {
    ObjectNode node =
        NODES
            .objectNode()
            .put("axes", profile.axes().size())
            .put("spaceSize", profile.spaceSize().toString());
    node.set("min", cost(profile.min()));
    node.set("centroid", cost(profile.centroid()));
    node.set("max", cost(profile.max()));
    ObjectNode ratio = node.putObject("ratio");
    for (Quantity quantity : Quantity.knownIn(profile.max())) {
      put(ratio, quantity.key(), profile.ratio(quantity));
    }
    ArrayNode constraints = node.putArray("constraints");
    for (Profile.Verdict verdict : profile.constraints()) {
      constraints.add(bound(verdict.bound()).put("satisfiable", verdict.satisfiable()));
    }
    return node.put("advice", profile.advice());
  }

  private static ObjectNode cost(Cost cost) {
    ObjectNode node = NODES.objectNode();
    for (Quantity quantity : Quantity.knownIn(cost)) {
      node.put(quantity.key(), quantity.of(cost));
    }
    return node;
  }

  private static ObjectNode axis(AxisFacts axis) {
    ObjectNode node =
        NODES
            .objectNode()
            .put("name", axis.name())
            .put("kind", axis.kind())
            .put("units", axis.units());
    ArrayNode choices = node.putArray("choices");
    axis.choices().forEach(choices::add);
    ArrayNode losses = node.putArray("losses");
    axis.losses().forEach(loss -> add(losses, loss));
    ArrayNode costs = node.putArray("costs");
    axis.costs().forEach(cost -> costs.add(cost(cost)));
    node.put("chosen", axis.chosen()).put("modelsScored", axis.modelsScored());
    axis.frozen().ifPresent(reason -> node.put("frozen", reason));
    return node;
  }

  private static ObjectNode units(PruningReport.Units units) {
    ObjectNode node = NODES.objectNode().put("kind", units.kind()).put("ranked", units.ranked());
    ArrayNode rows = node.putArray("rows");
    for (UnitRow row : units.rows()) {
      ObjectNode one = rows.addObject().put("axis", row.axis());
      ArrayNode counts = one.putArray("units");
      ArrayNode scores = one.putArray("scores");
      ArrayNode kept = one.putArray("kept");
      for (UnitRow.Cell cell : row.cells()) {
        counts.add(cell.units());
        add(scores, cell.score());
        kept.add(cell.kept());
      }
    }
    return node;
  }

  private static ObjectNode candidate(PruningReport.CandidateFacts candidate) {
    ObjectNode node = NODES.objectNode().put("sizes", candidate.sizes());
    ArrayNode layers = node.putArray("layers");
    candidate.layers().forEach(layers::add);
    node.set("cost", cost(candidate.cost()));
    put(node, "score", candidate.score());
    return node.put("chosen", candidate.chosen());
  }

  private static ObjectNode search(PruningReport.Search search) {
    ObjectNode node = NODES.objectNode();
    put(node, "loss", search.loss());
    put(node, "lowerBound", search.lowerBound());
    return node.put("provenOptimal", search.provenOptimal()).put("steps", search.steps());
  }

  private static ObjectNode curve(Curve curve) {
    ObjectNode node = NODES.objectNode();
    ArrayNode points = node.putArray("points");
    curve.points().forEach(point -> points.add(point(point)));
    curve.chosen().ifPresent(point -> node.set("chosen", point(point)));
    ArrayNode measured = node.putArray("measured");
    for (PruningReport.Measurement measurement : curve.measured()) {
      ObjectNode one = measured.addObject().put("name", measurement.name());
      one.set("cost", cost(measurement.cost()));
      put(one, "score", measurement.score());
      put(one, "lostScore", measurement.lostScore());
      put(one, "accuracy", measurement.accuracy());
    }
    return node;
  }

  private static ObjectNode point(PruningReport.Point point) {
    ObjectNode node = NODES.objectNode();
    node.set("cost", cost(point.cost()));
    put(node, "predictedLoss", point.predictedLoss());
    return node;
  }

  private static ObjectNode effort(Effort effort) {
    ObjectNode node = NODES.objectNode();
    ArrayNode phases = node.putArray("phases");
    for (PruningReport.Phase phase : effort.phases()) {
      ObjectNode one = phases.addObject().put("name", phase.name());
      put(one, "seconds", phase.seconds());
      put(one, "share", effort.share(phase));
    }
    put(node, "seconds", effort.seconds());
    effort.modelsScored().ifPresent(models -> node.put("modelsScored", models));
    effort.modelsSkipped().ifPresent(models -> node.put("modelsSkipped", models));
    effort.modelsRemembered().ifPresent(models -> node.put("modelsRemembered", models));
    put(node, "reused", effort.reused());
    return node;
  }

  private static ObjectNode latency(LatencyFacts latency) {
    ObjectNode node = NODES.objectNode().put("model", latency.model());
    put(node, "predictedMillis", latency.predictedMillis());
    put(node, "measuredMillis", latency.measuredMillis());
    latency.range().ifPresent(range -> ends(node, "measuredRange", range));
    return node;
  }

  private static ObjectNode data(DataFacts data) {
    return NODES
        .objectNode()
        .put("use", data.use())
        .put("uri", data.uri())
        .put("digest", data.digest());
  }

  private static ObjectNode opening(ResultLoaders opening) {
    ObjectNode node = NODES.objectNode();
    ArrayNode loaders = node.putArray("loaders");
    for (ResultLoaders.Loader loader : opening.loaders()) {
      ArrayNode lines = loaders.addObject().put("name", loader.name()).putArray("lines");
      loader.lines().forEach(lines::add);
    }
    opening.note().ifPresent(note -> node.put("note", note));
    return node;
  }

  private static void put(ObjectNode node, String key, OptionalDouble value) {
    value.ifPresent(present -> put(node, key, present));
  }

  static void put(ObjectNode node, String key, double value) {
    if (Double.isFinite(value)) {
      node.put(key, value);
    } else {
      node.put(key, Double.toString(value));
    }
  }

  private static void add(ArrayNode list, double value) {
    if (Double.isFinite(value)) {
      list.add(value);
    } else {
      list.add(Double.toString(value));
    }
  }
}
