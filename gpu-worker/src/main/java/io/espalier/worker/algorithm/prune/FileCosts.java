package io.espalier.worker.algorithm.prune;

import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.TensorHeader;
import io.espalier.worker.checkpoint.surgery.Sharding;
import io.espalier.worker.checkpoint.surgery.Surgery;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Kept;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** Costs of a model's versions as files. */
public final class FileCosts {
  private FileCosts() {}

  /** Costs of versions of a model in files as it has them. */
  public static CostModel of(Architecture architecture, ModelDirectory model) {
    return of(architecture, model, Sharding.asBefore());
  }

  /** Costs of versions of a model; bytes are those of files as surgery writes them, no fewer. */
  public static CostModel of(Architecture architecture, ModelDirectory model, Sharding sharding) {
    Map<String, TensorHeader> tensors = model.tensors();
    return CostModel.of(
        architecture,
        name -> bits(tensors, name),
        Surgery.headerBytesAtMost(model, architecture, sharding));
  }

  /**
   * Costs of one version of a model, of which nothing more is cut; bytes are exactly those of its
   * files.
   */
  public static CostModel of(
      Architecture architecture, ModelDirectory model, Kept kept, Sharding sharding) {
    Map<String, TensorHeader> tensors = model.tensors();
    var bits = new HashMap<String, Integer>();
    architecture.names(kept).forEach((before, after) -> bits.put(after, bits(tensors, before)));
    return CostModel.of(
        architecture.keep(kept),
        name -> Objects.requireNonNull(bits.get(name)),
        Surgery.headerBytes(model, architecture, kept, sharding));
  }

  private static int bits(Map<String, TensorHeader> tensors, String name) {
    TensorHeader tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("no tensor '%s'".formatted(name));
    }
    return tensor.dtype().bits();
  }

  /**
   * The last check before anything may leave: what lies there, not what was planned. Latency is
   * another's to judge, since it is measured.
   *
   * @throws WorkerException if a bound is broken
   */
  public static void requireWithin(Budget budget, Cost cost, Path output) {
    for (Budget.Bound bound : budget.bounds()) {
      if (bound.quantity() != Quantity.LATENCY && !bound.holds(cost)) {
        throw new WorkerException(
            "the cut model in %s has %d %s, but at most %d were allowed; it must not be used"
                .formatted(
                    output, bound.quantity().of(cost), bound.quantity().unit(), bound.limit()),
            false,
            null);
      }
    }
  }

  /** Returns what the model at hand costs; bytes are those of its files as they are. */
  public static Cost whole(CostModel costs, ModelDirectory model) {
    Cost cost = costs.cost(Widths.all());
    return cost.asFound(model.bytes(), cost.latencyNanos());
  }
}
