package io.espalier.worker.algorithm.gradnas;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.algorithm.prune.ChannelOrder;
import io.espalier.worker.algorithm.prune.Phases;
import io.espalier.worker.algorithm.prune.WidthCutting;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.Objective;
import io.espalier.worker.algorithm.search.Selection;
import io.espalier.worker.algorithm.search.Sensitivities;
import io.espalier.worker.algorithm.search.Solver;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.surgery.Surgery;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Kept;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;

/**
 * Cuts a model by scores of its units.
 *
 * @param <M> what is known of its files
 * @param open looks at a cut version in its files
 * @param plan what is known of the model
 * @param costs of its versions; know latency if it is bounded
 * @param losses of each width
 * @param order in which units are kept
 */
record UnitCutting<M>(
    Function<ModelDirectory, M> open,
    GradNasPlan plan,
    CostModel costs,
    Sensitivities losses,
    ChannelOrder order,
    Objective objective,
    Phases phases)
    implements WidthCutting<M> {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  @Override
  public Selection select(Budget budget) {
    return Solver.select(plan.space(), costs, budget, losses, objective);
  }

  @Override
  public Kept kept(Widths widths) {
    return order.kept(plan.layout().spread(widths));
  }

  @Override
  public M cut(Kept kept, Path output) {
    return phases.time("surgery", () -> write(kept, output));
  }

  private M write(Kept kept, Path output) {
    ModelDirectory original = plan.model().directory();
    Architecture architecture = plan.model().architecture();
    if (plan.output() == OutputMode.ZERO_PADDED) {
      Surgery.zero(original, architecture, kept, output);
    } else {
      Surgery.cut(original, architecture, kept, output);
    }
    ObjectNode config = new WidthConfig(plan.model()).of(kept, plan.output());
    Path file = output.resolve(ModelDirectory.CONFIG);
    try {
      Files.writeString(file, JSON.writeValueAsString(config) + "\n");
    } catch (IOException e) {
      throw new WorkerException("cannot write %s: %s".formatted(file, e), true, e);
    }
    return open.apply(ModelDirectory.open(output));
  }
}
