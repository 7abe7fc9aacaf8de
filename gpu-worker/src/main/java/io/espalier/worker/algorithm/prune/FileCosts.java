package io.espalier.worker.algorithm.prune;

import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.Surgery;
import io.espalier.worker.checkpoint.TensorHeader;
import io.espalier.worker.domain.model.Architecture;
import java.util.Map;

/** What versions of a model cost as files. */
public final class FileCosts {
  private FileCosts() {}

  /** Costs of versions of a model; bytes are those of files as surgery writes them, no fewer. */
  public static CostModel of(Architecture architecture, ModelDirectory model) {
    Map<String, TensorHeader> tensors = model.tensors();
    return CostModel.of(
        architecture,
        name -> {
          TensorHeader tensor = tensors.get(name);
          if (tensor == null) {
            throw new IllegalArgumentException("no tensor '%s'".formatted(name));
          }
          return tensor.dtype().bits();
        },
        Surgery.headerBytes(model));
  }

  /** What the model at hand costs; bytes are those of its files as they are. */
  public static Cost whole(CostModel costs, ModelDirectory model) {
    Cost cost = costs.cost(Widths.all());
    return new Cost(cost.flops(), cost.parameters(), model.bytes(), cost.latencyNanos());
  }
}
