package io.espalier.worker.algorithm.minitron.space;

import io.espalier.worker.algorithm.minitron.size.NetworkBlueprint;
import io.espalier.worker.algorithm.search.LatencyModel;
import io.espalier.worker.algorithm.search.LatencyTable;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Predicted latency of a decoder's subnets, in layers and outside them.
 *
 * @param model of subnets with all layers
 * @param layerNanos what each layer has of the time that no width changes
 */
public record LatencyForecast(LatencyModel model, long layerNanos) {
  /** That of one layer, of which all are alike. */
  LatencyModel ofLayer(NetworkBlueprint blueprint) {
    String first = blueprint.blocks().get(0) + ".";
    return new LatencyModel(layerNanos, model.scale(), tables(name -> name.startsWith(first)));
  }

  /** That of everything but layers. */
  LatencyModel ofRest(NetworkBlueprint blueprint) {
    long fixed = model.fixedNanos() - layerNanos * blueprint.blocks().size();
    return new LatencyModel(
        fixed,
        model.scale(),
        tables(name -> blueprint.blocks().stream().noneMatch(b -> name.startsWith(b + "."))));
  }

  private Map<String, LatencyTable> tables(Predicate<String> has) {
    var tables = new LinkedHashMap<>(model.layers());
    tables.keySet().removeIf(has.negate());
    return tables;
  }
}
